"""What links connect, directly or through others."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def components(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A number for each of `count` things, the same for those that links from left to right connect."""
    links = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    return connected_components(links, directed=False)[1]
