"""The adapters against the real frameworks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import Any

import pytest

import nexus

langchain = pytest.importorskip("langchain_core")
llama_index = pytest.importorskip("llama_index.core")

from langchain_core.documents import Document  # noqa: E402
from langchain_core.embeddings import DeterministicFakeEmbedding  # noqa: E402

from nexus.langchain import NexusRetriever, NexusVectorStore  # noqa: E402

METADATA = {"page": 3, "score": 0.5, "tags": ["a", "b"], "ok": True, "none": None, "nested": {"x": [1, 2]}, "mixed": [1, "a"], "title": "t",
            "at": datetime(2024, 1, 1, tzinfo=timezone.utc), "empty": []}  # fmt: skip


@pytest.mark.parametrize("embedding", [None, DeterministicFakeEmbedding(size=16)])
def test_langchain_store_adds_searches_replaces_and_deletes(db: nexus.DB, embedding: Any) -> None:
    store = NexusVectorStore(db, embedding, user="ann")
    assert store.embeddings is embedding
    ids = store.add_texts(["red apples", "green pears"], [METADATA, {}], ids=["1", "2"])
    assert ids == ["1", "2"]
    best = store.similarity_search("red apples", k=1)
    assert best == [Document(id="1", page_content="red apples", metadata=METADATA)]
    assert isinstance(best[0].metadata["page"], int)
    store.add_documents([Document(id="1", page_content="red apples, again")])
    assert store.get_by_ids(["1", "2", "3"]) == [Document(id="1", page_content="red apples, again"), Document(id="2", page_content="green pears")]
    (document, score), *_ = store.similarity_search_with_relevance_scores("pears", k=2)
    assert document.id == "2" and 0 <= score <= 1
    assert len(store.add_texts(["no id"])[0]) == 36
    assert NexusVectorStore(db, embedding, user="bob").similarity_search("apples") == []
    assert store.delete(["1"]) and store.get_by_ids(["1"]) == []
    assert store.delete() and store.similarity_search("pears") == []
    with pytest.raises(ValueError, match="do not go together"):
        store.add_texts(["a"], ids=["1", "2"])


def test_langchain_filters_and_diversity(db: nexus.DB) -> None:
    store = NexusVectorStore(db)
    store.add_texts([f"apple number {i}" for i in range(50)], [{"n": i % 5, "even": i % 2 == 0} for i in range(50)])
    assert {d.metadata["n"] for d in store.similarity_search("apple number", k=5, filter={"n": 3})} == {3}
    assert all(d.metadata["n"] > 3 for d in store.similarity_search("apple", k=5, filter=lambda m: m["n"] > 3))
    assert len(store.max_marginal_relevance_search("apple", k=3)) <= 3


def test_langchain_from_texts_as_retriever_and_async(path: str) -> None:
    embedding = DeterministicFakeEmbedding(size=16)
    store = NexusVectorStore.from_texts(["red apples", "green pears"], embedding, path=path)

    async def ask() -> None:
        assert (await store.asimilarity_search("red apples", k=1))[0].page_content == "red apples"
        (id,) = await store.aadd_texts(["blue plums"])
        assert (await store.aget_by_ids([id]))[0].page_content == "blue plums"
        assert (await store.as_retriever(search_kwargs={"k": 1}).ainvoke("blue plums"))[0].id == id
        assert await store.adelete([id])
        assert (await store.asimilarity_search_by_vector(embedding.embed_query("green pears"), k=1))[0].page_content == "green pears"

    try:
        assert store.as_retriever(search_type="mmr").invoke("pears")
        assert store.similarity_search_by_vector(embedding.embed_query("red apples"), k=1)[0].page_content == "red apples"
        asyncio.run(ask())
    finally:
        store.db.close()


def test_langchain_retriever(db: nexus.DB) -> None:
    db.add("red apples", user="ann", meta={"a": "b"})
    retriever = NexusRetriever(db=db, k=2, user="ann", intent="fact")
    (document,) = retriever.invoke("apples")
    assert document.metadata["a"] == "b" and document.metadata["nexus_id"] == 1 and document.metadata["nexus_score"] > 0
    assert asyncio.run(retriever.ainvoke("apples")) == [document]


def llama_store(db: nexus.DB) -> tuple[Any, list[Any]]:
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

    from nexus.llamaindex import NexusVectorStore as LlamaStore

    def node(i: int, text: str) -> TextNode:
        source = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc{i % 2}")}
        return TextNode(id_=f"n{i}", text=text, embedding=[float(i == j) for j in range(4)], metadata={"n": i, "tag": "x"}, relationships=source)

    nodes = [node(i, text) for i, text in enumerate(["red apples", "green pears", "blue plums", "white grapes"])]
    store = LlamaStore(db, user="ann")
    assert store.add(nodes) == ["n0", "n1", "n2", "n3"]
    return store, nodes


def test_llamaindex_store_adds_asks_and_deletes(db: nexus.DB) -> None:
    from llama_index.core.vector_stores.types import MetadataFilter, MetadataFilters, VectorStoreQuery, VectorStoreQueryMode

    store, nodes = llama_store(db)
    assert store.client is db
    result = store.query(VectorStoreQuery(query_embedding=[0, 0, 1, 0], similarity_top_k=2))
    assert result.nodes is not None and result.similarities is not None
    assert result.ids is not None and result.ids[0] == "n2" and result.nodes[0].metadata == {"n": 2, "tag": "x"}
    assert result.nodes[0].get_content() == "blue plums" and result.nodes[0].ref_doc_id == "doc0"
    words = VectorStoreQuery(query_str="pears", mode=VectorStoreQueryMode.TEXT_SEARCH, similarity_top_k=2)
    assert store.query(words).ids == ["n1"]
    filters = MetadataFilters(filters=[MetadataFilter(key="n", value=3)])
    assert store.query(VectorStoreQuery(query_embedding=[1, 0, 0, 0], filters=filters, similarity_top_k=2)).ids == ["n3"]
    assert store.query(VectorStoreQuery(query_embedding=[1, 0, 0, 0], node_ids=["n1"], similarity_top_k=2)).ids == ["n1"]
    assert [n.node_id for n in store.get_nodes(["n0", "none"])] == ["n0"] and len(store.get_nodes(filters=filters)) == 1
    assert store.get_nodes(["n0"])[0].embedding == [1, 0, 0, 0]
    store.delete_nodes(["n0"])
    store.delete("doc1")
    assert [n.node_id for n in store.get_nodes()] == ["n2"]
    store.clear()
    assert store.get_nodes() == []
    with pytest.raises(ValueError, match="clear"):
        store.delete_nodes()


def test_llamaindex_index_works_over_it(db: nexus.DB) -> None:
    from llama_index.core import Document as LlamaDocument
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.node_parser import SentenceSplitter

    from nexus.llamaindex import NexusVectorStore as LlamaStore

    store = LlamaStore(db)
    context = StorageContext.from_defaults(vector_store=store)
    documents = [LlamaDocument(text="Ann moved to Oslo.", doc_id="d1"), LlamaDocument(text="Bob likes walnuts.", doc_id="d2")]
    index = VectorStoreIndex.from_documents(documents, context, embed_model=MockEmbedding(8), transformations=[SentenceSplitter()])
    retriever = index.as_retriever(similarity_top_k=1)
    assert retriever.retrieve("walnuts")[0].node.get_content() == "Bob likes walnuts."
    assert asyncio.run(retriever.aretrieve("Oslo"))[0].node.get_content() == "Ann moved to Oslo."
    index.delete_ref_doc("d2")
    assert [n.ref_doc_id for n in store.get_nodes()] == ["d1"]
