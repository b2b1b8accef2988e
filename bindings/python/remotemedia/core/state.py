"""State of a node by session id, which expires when nobody uses it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SessionState:
    """What a node remembers of one session."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.data: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.created_at = datetime.now()
        self.last_accessed = self.created_at

    def update_access_time(self) -> None:
        """Notes that the state is in use."""
        self.last_accessed = datetime.now()

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default``."""
        self.update_access_time()
        return self.data.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Sets the value of ``key``."""
        self.update_access_time()
        self.data[key] = value

    def update(self, updates: dict[str, Any]) -> None:
        """Sets several values."""
        self.update_access_time()
        self.data.update(updates)

    def clear(self) -> None:
        """Forgets every value."""
        self.update_access_time()
        self.data.clear()


class StateManager:
    """The states of a node. One that was not used for ``default_ttl`` is forgotten when the next one is made."""

    def __init__(
        self,
        default_ttl: timedelta | None = None,
        max_sessions: int | None = None,
        enable_persistence: bool = False,
    ) -> None:
        self.default_ttl = default_ttl or timedelta(hours=24)
        self.max_sessions = max_sessions
        self.enable_persistence = enable_persistence
        self._states: dict[str, SessionState] = {}
        self._lock = threading.Lock()

    def get_or_create_session(self, session_id: str) -> SessionState:
        """The state of a session; a new one makes room by forgetting the one that was unused for longest."""
        with self._lock:
            state = self._states.get(session_id)
            if state is not None:
                return state
            self._forget_expired()
            if self.max_sessions and len(self._states) >= self.max_sessions:
                oldest = min(self._states.values(), key=lambda state: state.last_accessed)
                del self._states[oldest.session_id]
            state = self._states[session_id] = SessionState(session_id)
            return state

    def get_session(self, session_id: str) -> SessionState | None:
        """The state of a session, if there is one."""
        with self._lock:
            return self._states.get(session_id)

    def delete_session(self, session_id: str) -> bool:
        """Forgets a session; gives whether it was known."""
        with self._lock:
            return self._states.pop(session_id, None) is not None

    def get_all_sessions(self) -> dict[str, SessionState]:
        """Every state by session id."""
        with self._lock:
            return dict(self._states)

    def clear_all_sessions(self) -> None:
        """Forgets every session."""
        with self._lock:
            self._states.clear()

    def cleanup_expired_sessions(self) -> int:
        """Forgets the sessions that were not used for ``default_ttl``; gives their number."""
        with self._lock:
            return self._forget_expired()

    def _forget_expired(self) -> int:
        limit = datetime.now() - self.default_ttl
        expired = [known for known, state in self._states.items() if state.last_accessed < limit]
        for session_id in expired:
            del self._states[session_id]
        return len(expired)
