"""What the answers say: profiles, the gap between declared and enacted values, and what each number is worth."""
