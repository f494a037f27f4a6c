

# ---- the science runtime ------------------------------------------------------------------------------------------------------
# This text follows that of entry/bootstrap.py: numpy and the core of scipy are imported in the snapshot, and every run begins with its own
# chance.

SCIENCE = "/usr/lib/science.zip"
sys.path.append(SCIENCE)
# numpy and scipy do without ctypes, of which only the numbers are there.
sys.modules["ctypes"] = None
import numpy, numpy.exceptions, numpy.fft, numpy.lib.stride_tricks, numpy.linalg, numpy.ma, numpy.polynomial, numpy.random, numpy.strings
import scipy.constants, scipy.fft, scipy.linalg, scipy.optimize, scipy.sparse.linalg, scipy.spatial, scipy.special
del sys.modules["ctypes"]

plain_refresh, plain_settle = refresh, settle


def refresh(job):
    """As of the plain runtime, with numpy's place on the path and its global generator seeded."""
    plain_refresh(job)
    sys.path.append(SCIENCE)
    numpy.random.seed()


def settle():
    """As of the plain runtime; the directory of numpy's zip stays known, too."""
    importer = sys.path_importer_cache[SCIENCE]
    plain_settle()
    sys.path_importer_cache[SCIENCE] = importer
    sys.path.append(SCIENCE)
