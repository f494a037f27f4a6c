# Shared by the scripts of the science runtime: where its things are. Sourced, never run; the recipe's own steps up to link.sh come first.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$RECIPE/toolchain.sh"
source "$RECIPE/science/inputs.versions"

SCIENCE=$RECIPE/science
SCIENCE_WORK=$WORK/science
SCIENCE_ARTIFACTS=$ARTIFACTS/science
NUMPY=$SCIENCE_WORK/src/numpy     # patched sources
NUMPY_BUILD=$SCIENCE_WORK/numpy   # what meson makes of them
TOOLS=$SCIENCE_WORK/tools         # unpacked wheels of the build tools
