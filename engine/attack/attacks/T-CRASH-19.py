# T-CRASH-19: raises what is no Exception
# held by: python-runtime/recipe/entry/bootstrap.py
# ends: exception GeneratorExit

raise GeneratorExit
