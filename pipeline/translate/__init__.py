"""Questions in other languages: translated, translated back, checked, and read blindly in both languages."""
