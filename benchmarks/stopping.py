"""How often the sweep stops where its curve is flat: made-up curves of a known plateau, with a known noise.

    python benchmarks/stopping.py                     400 curves of each of three shapes a row
    python benchmarks/stopping.py --curves 50

Eleven quantities 0.3 GB apart from 1.5 GB, as the paper's; a rise of 2.2 points a quantity up to a plateau at the third
to the ninth of them, straight, as a logarithm, or with a slope that falls with the square. "Within one": the last
quantity that is distilled is the plateau's first, the one before or the one after. "Two before": it stopped two
quantities or more before the plateau.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from raykd.statistics.quantity_curve import Curve, stops_at

SIZES = np.arange(1.5, 4.6, 0.3)
STEP = 0.022
POWERS = (-1.0, 0.0, 1.0)  # of the rise: quantity_curve.POWERS
# Standard deviation between distillations in F1: .0007 to .0025 on real text (docs/results/*.csv, each the mean of two
# or three classifier seeds); .0092 is what a monotone fit leaves of the paper's Table 6.
ROWS = ((0.003, 2, 0.5, 0.2), (0.005, 2, 0.5, 0.2), (0.0092, 2, 0.5, 0.2), (0.0092, 5, 0.5, 0.2), (0.0092, 5, 1.0, 0.3))


def curves(number: int, power: float, noise: float, distillations: int) -> Iterator[tuple[int, Curve]]:
    """(place of the plateau, scores)."""
    generator = np.random.default_rng(56)
    for _ in range(number):
        knot = int(generator.integers(2, len(SIZES) - 2))
        ends = np.minimum(SIZES, SIZES[knot]) / SIZES[0]
        risen = np.log(ends) if power == 0 else (1 - ends**-power) / power
        truth = 0.62 + STEP * knot * risen / risen[-1]
        yield (
            knot,
            Curve(SIZES, tuple(mean + noise * generator.standard_normal(distillations) for mean in truth), 0.001),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=int, default=400)
    number = parser.parse_args().curves
    print("| noise (points) | distillations | gain | chance | within one % | two before % | two after % |")
    print("|---|---|---|---|---|---|---|")
    for noise, distillations, gain, chance in ROWS:
        off = np.concatenate(
            [
                [
                    stops_at(curve, gain / 100, chance) - 1 - knot
                    for knot, curve in curves(number, power, noise, distillations)
                ]
                for power in POWERS
            ]
        )
        shares = (np.abs(off) <= 1, off <= -2, off >= 2)
        told = " | ".join(f"{100 * share.mean():.1f}" for share in shares)
        print(f"| {100 * noise:g} | {distillations} | {gain:g} | {chance:g} | {told} |", flush=True)


if __name__ == "__main__":
    main()
