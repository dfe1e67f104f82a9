"""Measurements side by side, each in one run on one machine. A number alone says little; a ratio travels.

One thread for everybody, ourselves and peers: set before anything numerical is imported.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
