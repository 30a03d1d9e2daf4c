"""Transfer functions as a spec names them, for sources that cannot say their own."""

# A spec's word → FFmpeg's name (ITU-T H.273); None where H.273 has no number for it, so that nothing is tagged.
TRANSFERS: dict[str, str | None] = {
    "linear": "linear",
    "bt709": "bt709",
    "srgb": "iec61966-2-1",
    "gamma22": "gamma22",
    "gamma28": "gamma28",
    "pq": "smpte2084",
    "hlg": "arib-std-b67",
    "log": None,  # film or camera log: a LUT's business
}
