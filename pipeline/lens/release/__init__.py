"""Release: the folder that load_dataset loads."""
