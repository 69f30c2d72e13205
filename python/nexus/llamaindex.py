"""Nexus behind LlamaIndex's vector store (pip install ".[llamaindex]").

    from nexus.llamaindex import NexusVectorStore

    store = NexusVectorStore(nexus.open("./nexus-data"))
    index = VectorStoreIndex(nodes, storage_context=StorageContext.from_defaults(vector_store=store))

Questions are asked by words and by vector, fused; the modes sparse and text_search ask by
words alone.
"""

from __future__ import annotations

import json
from typing import Any, Iterable, Sequence

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.core.vector_stores.utils import build_metadata_filter_fn, metadata_dict_to_node, node_to_metadata_dict

import nexus

from ._abi import HITS_MAX
from ._metadata import pack, unpack

__all__ = ["NexusVectorStore"]

_BY_WORDS = {VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.TEXT_SEARCH}


class NexusVectorStore(BasePydanticVectorStore):
    """A vector store over an open nexus.DB, in one scope.

    Nodes' ids are keys. Filters on metadata and on ids choose among the best 128 hits. The
    store stays the caller's: close it when done.
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    tenant: str = ""
    user: str = ""
    agent: str = ""
    session: str = ""
    _db: nexus.DB = PrivateAttr()

    def __init__(self, db: nexus.DB, **scope: str) -> None:
        super().__init__(**scope)  # type: ignore[arg-type]
        self._db = db

    @property
    def client(self) -> nexus.DB:
        return self._db

    def _scope(self) -> dict[str, str]:
        return {"tenant": self.tenant, "user": self.user, "agent": self.agent, "session": self.session}

    def _memory(self, node: BaseNode) -> dict[str, Any]:
        return {
            "text": node.get_content(metadata_mode=MetadataMode.NONE),
            "key": node.node_id,
            "source": node.ref_doc_id or "",
            "vector": node.embedding,
            "meta": pack(node_to_metadata_dict(node, remove_text=True, flat_metadata=False)),
            **self._scope(),
        }

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Adds nodes with their embeddings; returns their ids."""
        self._db.add([self._memory(node) for node in nodes])
        return [node.node_id for node in nodes]

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Adds nodes with their embeddings; returns their ids."""
        await self._db.aadd([self._memory(node) for node in nodes])
        return [node.node_id for node in nodes]

    # ---- asking ----

    def _question(self, query: VectorStoreQuery) -> dict[str, Any]:
        filtered = query.filters is not None or query.node_ids or query.doc_ids
        question: dict[str, Any] = {"k": HITS_MAX if filtered else query.similarity_top_k, **self._scope()}
        if query.mode in _BY_WORDS:
            return question | {"engines": ["lexical"]}
        return question | {"vector": query.query_embedding}

    def _result(self, query: VectorStoreQuery, answer: nexus.Answer) -> VectorStoreQueryResult:
        nodes: list[BaseNode] = []
        scores: list[float] = []
        wanted = _filter(query)
        for hit in answer:
            node = _node(hit)
            if wanted(node) and len(nodes) < query.similarity_top_k:
                nodes.append(node)
                scores.append(hit.score)
        return VectorStoreQueryResult(nodes=nodes, similarities=scores, ids=[node.node_id for node in nodes])

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The best nodes for a question."""
        return self._result(query, self._db.query(query.query_str, **self._question(query)))

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The best nodes for a question."""
        return self._result(query, await self._db.aquery(query.query_str, **self._question(query)))

    # ---- by id ----

    def _find(self, keys: Iterable[str]) -> Iterable[nexus.Record]:
        for key in keys:
            try:
                yield self._db.get_by_key(key, tenant=self.tenant)
            except nexus.NotFoundError:
                pass

    def _records(self, node_ids: list[str] | None, filters: MetadataFilters | None) -> list[nexus.Record]:
        records = self._db.list(**self._scope()) if node_ids is None else self._find(node_ids)
        wanted = _filter(VectorStoreQuery(filters=filters))
        return [record for record in records if wanted(_node(record))]

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """The nodes of some ids that are there, or of the whole scope."""
        return [_node(record) for record in self._records(node_ids, filters)]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Deletes the nodes of a document."""
        self._db.delete_where(filter=f"source = {json.dumps(ref_doc_id)}", **self._scope())

    def delete_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any) -> None:
        """Deletes nodes by id, by a filter, or both."""
        if node_ids is None and filters is None:
            raise ValueError("delete_nodes needs node_ids or filters; clear() deletes everything")
        self._db.delete([record.id for record in self._records(node_ids, filters)])

    def clear(self) -> None:
        """Deletes everything in the scope."""
        self._db.delete([record.id for record in self._db.list(**self._scope())])


def _node(record: Any) -> BaseNode:
    node: BaseNode = metadata_dict_to_node(unpack(record.meta), text=record.text)
    if record.vector is not None:
        node.embedding = record.vector.tolist()
    return node


def _filter(query: VectorStoreQuery) -> Any:
    """Whether a node is among those that a question is restricted to; no ids are no restriction."""
    nodes, documents = set(query.node_ids or ()), set(query.doc_ids or ())

    def wanted(node: BaseNode) -> bool:
        matches = build_metadata_filter_fn(lambda _: node.metadata, query.filters)
        return (not nodes or node.node_id in nodes) and (not documents or node.ref_doc_id in documents) and matches(node.node_id)

    return wanted
