"""What every step of the recipe shares."""
