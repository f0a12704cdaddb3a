"""Who made a release: an SSH signature of SHA256SUMS, and so of every file that it lists.

`valact release verify` finds whether a copy agrees with itself; whoever forges a whole release passes that. A signature
by a key that its user knows to be the makers' is what a forger lacks. Format and tools are OpenSSH's (SSHSIG), so that
keys are those that people have (of any type, with a passphrase, in an agent, on a token) and anybody can check with
`ssh-keygen -Y verify` alone.
"""
