"""The ten values of ValAct-15k and the design of its questions, as most tests need them."""

from pipeline import designs
from pipeline.values import load

TEN = load("schwartz10")
DESIGN = designs.load("ten_by_four")
VALUES, SLUGS, BY_SLUG = TEN.values, TEN.slugs, TEN.by_slug
