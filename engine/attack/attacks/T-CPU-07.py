# T-CPU-07: an integer of 10,000 digits, with the guard on
# held by: python-runtime/recipe/native.sh
# ends: exception ValueError

int('9' * 10_000)
