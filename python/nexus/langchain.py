"""Nexus behind LangChain's VectorStore and Retriever (pip install ".[langchain]").

    from nexus.langchain import NexusVectorStore

    store = NexusVectorStore(nexus.open("./nexus-data"), embedding=OpenAIEmbeddings())
    store.add_texts(["Ann moved to Oslo in May."])
    store.similarity_search("Who moved to Oslo?")

Searches are Nexus's own: words and vectors, fused. Without an embedding the store embeds
texts itself, as it was opened to.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict

import nexus

from ._abi import HITS_MAX
from ._metadata import matcher, pack, unpack

if TYPE_CHECKING:
    from ._types import Intent

__all__ = ["NexusRetriever", "NexusVectorStore"]


def _document(record: Any) -> Document:
    return Document(id=record.key or None, page_content=record.text, metadata=unpack(record.meta))


class NexusVectorStore(VectorStore):
    """A VectorStore over an open nexus.DB, in one scope.

    Documents' ids are keys: adding an id again replaces its document. A filter (a dict of
    metadata, or a callable on it) chooses among the best 128 hits; a str is the store's own
    condition on fields, for all documents. The store stays the caller's: close it when done.
    """

    def __init__(
        self, db: nexus.DB, embedding: Embeddings | None = None, *, tenant: str = "", user: str = "", agent: str = "", session: str = ""
    ) -> None:
        self.db = db
        self._embedding = embedding
        self._scope = {"tenant": tenant, "user": user, "agent": agent, "session": session}

    @property
    def embeddings(self) -> Embeddings | None:
        return self._embedding

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        path: str = "./nexus-data",
        **scope: str,
    ) -> NexusVectorStore:
        """Opens the store at path and adds texts. It is store.db that is to be closed."""
        store = cls(nexus.open(path), embedding, **scope)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    # ---- adding ----

    def _memories(self, texts: list[str], metadatas: Sequence[dict[str, Any]] | None, ids: Sequence[str | None] | None) -> list[dict[str, Any]]:
        metadatas = metadatas or [{}] * len(texts)
        ids = ids or [None] * len(texts)
        if not len(texts) == len(metadatas) == len(ids):
            raise ValueError(f"{len(texts)} texts, {len(metadatas)} metadatas and {len(ids)} ids do not go together")
        rows = zip(texts, metadatas, ids)
        return [{"text": text, "key": key or str(uuid.uuid4()), "meta": pack(meta), **self._scope} for text, meta, key in rows]

    def add_texts(
        self, texts: Iterable[str], metadatas: list[dict[str, Any]] | None = None, *, ids: list[str] | None = None, **kwargs: Any
    ) -> list[str]:
        """Adds texts, or replaces those whose ids are there; returns their ids."""
        texts = list(texts)
        memories = self._memories(texts, metadatas, ids)
        vectors = self._embedding.embed_documents(texts) if self._embedding and texts else None
        if ids:
            self.delete([key for key in ids if key])
        self.db.add(memories, vectors=vectors)
        return [memory["key"] for memory in memories]

    async def aadd_texts(
        self, texts: Iterable[str], metadatas: list[dict[str, Any]] | None = None, *, ids: list[str] | None = None, **kwargs: Any
    ) -> list[str]:
        """Adds texts, or replaces those whose ids are there; returns their ids."""
        texts = list(texts)
        memories = self._memories(texts, metadatas, ids)
        vectors = await self._embedding.aembed_documents(texts) if self._embedding and texts else None
        if ids:
            await self.adelete([key for key in ids if key])
        await self.db.aadd(memories, vectors=vectors)
        return [memory["key"] for memory in memories]

    # ---- searching ----

    def _options(self, k: int, options: dict[str, Any]) -> dict[str, Any]:
        if isinstance(options.get("filter"), str):
            return {"k": k, **self._scope, **options}
        return {"k": HITS_MAX if options.pop("filter", None) is not None else k, **self._scope, **options}

    def _chosen(self, answer: nexus.Answer, k: int, wanted: Any) -> list[tuple[Document, float]]:
        pairs = [(_document(hit), hit.score) for hit in answer]
        if wanted is not None and not isinstance(wanted, str):
            accept = matcher(wanted)
            pairs = [pair for pair in pairs if accept(pair[0].metadata)]
        return pairs[:k]

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        """The best documents with their scores, 0..1, which order one answer only."""
        wanted = kwargs.get("filter")
        vector = self._embedding.embed_query(query) if self._embedding else None
        return self._chosen(self.db.query(query, vector=vector, **self._options(k, kwargs)), k, wanted)

    async def asimilarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        """The best documents with their scores, 0..1, which order one answer only."""
        wanted = kwargs.get("filter")
        vector = await self._embedding.aembed_query(query) if self._embedding else None
        return self._chosen(await self.db.aquery(query, vector=vector, **self._options(k, kwargs)), k, wanted)

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """The best documents."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    async def asimilarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """The best documents."""
        return [document for document, _ in await self.asimilarity_search_with_score(query, k, **kwargs)]

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, **kwargs: Any) -> list[Document]:
        """The best documents for a vector alone."""
        wanted = kwargs.get("filter")
        answer = self.db.query(vector=embedding, **self._options(k, kwargs))
        return [document for document, _ in self._chosen(answer, k, wanted)]

    async def asimilarity_search_by_vector(self, embedding: list[float], k: int = 4, **kwargs: Any) -> list[Document]:
        """The best documents for a vector alone."""
        wanted = kwargs.get("filter")
        answer = await self.db.aquery(vector=embedding, **self._options(k, kwargs))
        return [document for document, _ in self._chosen(answer, k, wanted)]

    def max_marginal_relevance_search(self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any) -> list[Document]:
        """The best documents with diversity before all, by Nexus's intent explore: it weighs diversity
        among all candidates, so fetch_k and lambda_mult have nothing to set."""
        return self.similarity_search(query, k, intent="explore", **kwargs)

    async def amax_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """The best documents with diversity before all; see max_marginal_relevance_search."""
        return await self.asimilarity_search(query, k, intent="explore", **kwargs)

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda score: score

    # ---- by id ----

    def _find(self, keys: Iterable[str]) -> list[nexus.Record]:
        found = []
        for key in keys:
            try:
                found.append(self.db.get_by_key(key, tenant=self._scope["tenant"]))
            except nexus.NotFoundError:
                pass
        return found

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of those ids that are there."""
        return [_document(record) for record in self._find(ids)]

    async def aget_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of those ids that are there."""
        return self.get_by_ids(ids)

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Deletes by id; without ids, everything in the store's scope. True when done."""
        records = self.db.list(**self._scope) if ids is None else self._find(ids)
        self.db.delete([record.id for record in records])
        return True

    async def adelete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Deletes by id; see delete."""
        found = [r.id async for r in self.db.alist(**self._scope)] if ids is None else [r.id for r in self._find(ids)]
        await self.db.adelete(found)
        return True


class NexusRetriever(BaseRetriever):
    """A Retriever over an open nexus.DB, with its own embedder and all its options.

    Documents carry nexus_id and nexus_score beside their metadata.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    db: nexus.DB
    k: int = 8
    tenant: str = ""
    user: str = ""
    agent: str = ""
    session: str = ""
    intent: str = "general"

    def _asked(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("k", "tenant", "user", "agent", "session", "intent")}

    @staticmethod
    def _documents(answer: nexus.Answer) -> list[Document]:
        documents = [_document(hit) for hit in answer]
        for document, hit in zip(documents, answer):
            document.metadata |= {"nexus_id": hit.id, "nexus_score": hit.score}
        return documents

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return self._documents(self.db.query(query, **self._asked()))

    async def _aget_relevant_documents(self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun) -> list[Document]:
        return self._documents(await self.db.aquery(query, **self._asked()))
