"""Names of people in a scenario text: lists say what is surely one, a language model looks at what is left."""
