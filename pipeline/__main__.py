"""`python -m pipeline` is the `valact` command, where no script directory is on the path."""

from pipeline.cli import main

if __name__ == "__main__":
    main(prog_name="valact")
