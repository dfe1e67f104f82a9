"""A clinic whose patients are drawn from a release: the truth first, then what is found, then how it goes on.

    people ─► interview ─► complaints ─► writing ─► rows
    who comes  what is       visits, proof,
               found         scores

Everything but `writing` and `seeding` is plain values. What is drawn for a patient hangs on the seed, the
patient's number, the release and the day alone, so that a larger sample only adds to a smaller one.
"""
