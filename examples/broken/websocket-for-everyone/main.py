"""A chat. The HTTP part has a list of origins; the WebSocket takes anybody's page."""

from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Chat")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
    allow_credentials=True,
)


@app.get("/api/rooms")
def list_rooms() -> list[str]:
    return ["kitchen", "garden"]


@app.websocket("/api/rooms/{room}")
async def chat(socket: WebSocket, room: str) -> None:
    await socket.accept()
    async for line in socket.iter_text():
        await socket.send_text(f"{room}: {line}")
