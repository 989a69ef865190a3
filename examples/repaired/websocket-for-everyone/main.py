"""A chat. One list of origins for the HTTP part and for the WebSocket."""

from fastapi import FastAPI, WebSocket, WebSocketException, status
from fastapi.middleware.cors import CORSMiddleware

PAGES = ["http://localhost:3000"]

app = FastAPI(title="Chat")
app.add_middleware(
    CORSMiddleware,
    allow_origins=PAGES,
    allow_methods=["GET"],
    allow_credentials=True,
)


@app.get("/api/rooms")
def list_rooms() -> list[str]:
    return ["kitchen", "garden"]


@app.websocket("/api/rooms/{room}")
async def chat(socket: WebSocket, room: str) -> None:
    if socket.headers.get("Origin") not in PAGES:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
    await socket.accept()
    async for line in socket.iter_text():
        await socket.send_text(f"{room}: {line}")
