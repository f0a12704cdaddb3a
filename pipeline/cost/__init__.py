"""What the run ahead would ask and cost."""
