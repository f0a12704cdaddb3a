"""Actions that raters rejected and that are written anew: what was asked for, and which text was there when."""
