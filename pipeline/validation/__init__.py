"""Expert validation: items drawn blind, judgements measured, and a gate on the release."""
