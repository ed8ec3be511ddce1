"""The garbage collector while a process loads its modules, and afterwards.

Some 200,000 objects are made, which stay for good; 2,000 of them, half a megabyte, could go. To go
through all of them again and again is a seventh of a start, and 20 to 50 ms each time later on.
"""

import gc


def loading_begins() -> None:
    """Nothing is collected until `loading_ends`; to be called before anything is imported."""
    gc.disable()


def loading_ends() -> None:
    """Collects what is made from now on. To be called before there are threads, and once."""
    gc.freeze()
    gc.enable()
