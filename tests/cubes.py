"""Look-up tables that tests make: the identity, and others by a function of red, green and blue from 0 to 1."""

from collections.abc import Callable

Colour = tuple[float, float, float]


def same(red: float, green: float, blue: float) -> Colour:
    """Change nothing."""
    return red, green, blue


def swapped(red: float, green: float, blue: float) -> Colour:
    """Swap red and blue."""
    return blue, green, red


def _line(colour: Colour) -> str:
    return " ".join(f"{value:.6f}" for value in colour) + "\n"


def cube(change: Callable[[float, float, float], Colour] = same, size: int = 3, head: str | None = None) -> str:
    """Return the text of a cube; red runs fastest. `head` stands in the place of the line that says its size."""
    steps = [number / (size - 1) for number in range(size)]
    rows = (_line(change(red, green, blue)) for blue in steps for green in steps for red in steps)
    return (f"LUT_3D_SIZE {size}\n" if head is None else head) + "".join(rows)


def curve(change: Callable[[float], float] = float, size: int = 3) -> str:
    """Return the text of one curve for all three colours."""
    values = [change(number / (size - 1)) for number in range(size)]
    return f"LUT_1D_SIZE {size}\n" + "".join(_line((value, value, value)) for value in values)
