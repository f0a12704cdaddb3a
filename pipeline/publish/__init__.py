"""Publishing a built release on the Hugging Face Hub: whole, once, and under a tag that never moves."""
