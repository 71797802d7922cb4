"""An index in Milvus, for more than one machine holds: shards, replicas, and machines that may die.

``address`` says how such an index is named.  Milvus has no transaction over rows, so a generation is made of four things:

- **Versions.**  Each document that is written gets a number that no other ever gets, and all of its rows carry it; rows never
  change.  A document that is written again gets a new number, and its old one is among the *gone*.
- **A pointer**, sealed by its digest, replaced as a whole and only by who has read the one before.  It names the highest
  version that counts, the gone ones, the collections, the time of the last write, and the objects below.  Replacing it is
  what commits.  Rows above its highest version are of a writer that is at work or died: nobody sees them.
- **Time.**  A reader asks for rows as of the pointer's time or later.  Without it, a reader that has seen the new pointer
  could be answered by a node that has not yet seen the rows that it names.
- **Objects** that are written once: the *catalogue*, which lists the documents by id with their versions and digests, in pages
  of which a commit writes only those that changed; and the *statistics*: how many passages hold each term and word.

What is gone is deleted once nobody reads a generation that has it (``pointer.GRACE_SECONDS``); until then it is filtered out.

| collection | holds |
|---|---|
| ``NAME_N_passages`` | a passage: key, vector, terms as a sparse vector, and its row as ``local.rows`` has it, in base64 |
| ``NAME_N_sentences`` | vectors of sentences, while there are not too many |
| ``NAME_N_documents`` | texts, blocks and words of documents, in parts |
| ``NAME_objects`` | pointer and objects, where no object store is named |

``N`` counts how often the whole index was made anew: by another encoder, for one.  The new one is made beside the old.
"""
