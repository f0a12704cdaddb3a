"""What respondents would do in their own words, coded by models that see neither who says it nor any options."""
