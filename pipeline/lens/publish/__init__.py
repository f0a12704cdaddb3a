"""Publishing the lens's release."""
