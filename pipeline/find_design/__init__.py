"""Finding designs: ``python -m pipeline.find_design``. Nothing of the recipe imports it; it makes data files."""
