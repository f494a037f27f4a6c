"""Has no function `f`."""
