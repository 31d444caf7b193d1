"""Sixty answers as partners' mail programs send them: `shapes` is what each program adds, `table` the words.

All names are invented; the quoted e-mail is one of ours.
"""
