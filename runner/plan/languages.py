"""Which languages a container can say of a track."""

import re

# QuickTime numbers languages, and FFmpeg knows the numbers by one spelling each, mostly ISO 639-2's bibliographic
# one (libavformat/isom.c; measured with 9.0.2). Four have spellings of Apple's own, of two letters and a blank.
_SPELLINGS = """
    eng fra ger ita dut sve spa dan por nor heb jpn ara fin gre ice mlt tur chi urd hin tha kor lit pol hun est lav
    per rus iri alb ron ces slk slv yid mac bul ukr bel uzb kaz aze arm geo kir tgk tuk mon pus kur kas snd tib nep
    san mar ben asm guj ori mal kan tam tel sin bur khm lao vie ind tgl may amh tir orm som swa mlg epo wel baq cat lat
"""
_OWN = {"hrv": "hr ", "srp": "sr ", "fao": "fo ", "pan": "pa "}
_OTHERWISE = """
    fre:fra deu:ger nld:dut swe:sve ell:gre isl:ice zho:chi fas:per gle:iri sqi:alb rum:ron cze:ces slo:slk mkd:mac
    hye:arm kat:geo bod:tib msa:may mya:bur cym:wel eus:baq
"""
_QUICKTIME = frozenset((*_SPELLINGS.split(), *_OWN.values()))
_TO_QUICKTIME = _OWN | {pair[:3]: pair[4:] for pair in _OTHERWISE.split()}


def spelled(language: str | None, container: str) -> str | None:
    """Return the language as a container's muxer wants it spelled, None where it cannot say it."""
    if language is None or container == "mxf":
        return None
    if container == "mov":
        code = _TO_QUICKTIME.get(language, language)
        return code if code in _QUICKTIME else None
    return language if container != "mp4" or re.fullmatch("[a-z]{3}", language) else None
