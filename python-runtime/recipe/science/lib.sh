# Shared by the scripts of the science runtime: where its things are. Sourced, never run; the recipe's own steps up to link.sh come first.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$RECIPE/toolchain.sh"
source "$RECIPE/science/inputs.versions"

SCIENCE=$RECIPE/science
SCIENCE_WORK=$WORK/science
SCIENCE_ARTIFACTS=$ARTIFACTS/science
NUMPY=$SCIENCE_WORK/src/numpy     # patched sources
SCIPY=$SCIENCE_WORK/src/scipy
LAPACK=$SCIENCE_WORK/src/lapack
BZIP2=$SCIENCE_WORK/src/bzip2
NUMPY_BUILD=$SCIENCE_WORK/numpy   # what meson makes of them
SCIPY_BUILD=$SCIENCE_WORK/scipy
LAPACK_BUILD=$SCIENCE_WORK/lapack # liblapack.a, with the reference BLAS
BZIP2_BUILD=$SCIENCE_WORK/bzip2   # libbz2.a, with the module that Python has for it
TOOLS=$SCIENCE_WORK/tools         # unpacked wheels of the build tools
NUMPY_TOOLS=$SCIENCE_WORK/tools-numpy # and of numpy for the build machine
# HiGHS takes its revision from a repository around it, which would be this one: git looks no further up than here.
export GIT_CEILING_DIRECTORIES=$SCIENCE_WORK
