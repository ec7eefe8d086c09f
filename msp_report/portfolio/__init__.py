"""Every client's month: each made by a process of its own, here or on a cluster, and one page of what needs whom.

`every` has the run. Nothing is imported here, because a worker of a cluster needs little of it.
"""
