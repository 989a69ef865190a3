"""An image of another origin taints the canvas

## What it does
A page draws an image or a video of another origin onto a canvas. Displaying it is allowed; reading it back
(`toDataURL`, `toBlob`, `getImageData`, a WebGL texture) is not, unless the image was loaded *with* CORS:

> Uncaught DOMException: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.

Firefox says "The operation is insecure.", WebKit "The operation is insecure." or "canvas has been tainted by cross-origin
data", WebGL "The image element contains cross-origin data, and may not be loaded."

## Why is this bad
Without the `crossorigin` attribute, the browser sends no `Origin` and makes no CORS request, so headers alone do not help; the
attribute alone turns the image into a CORS error. Both are needed: `crossorigin` in the page, *before* `src` is set, and the
header on the image's response. If the page also shows the image without the attribute, the cached copy may lack the header: use
the attribute everywhere, and send `Vary: Origin`.

## Example
```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/api/photo")
def photo() -> Response:
    return Response(b"...", media_type="image/png")
```

## Use instead
In the page: `<img crossorigin="anonymous" src="...">`, or `image.crossOrigin = "anonymous"` before `image.src = ...`
(`use-credentials` where the image needs a cookie). In the app:

```python
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET"])


@app.get("/api/photo")
def photo() -> Response:
    return Response(b"...", media_type="image/png")
```

Images in a bucket or CDN need the header there: the bucket's own CORS rules, with `Vary: Origin` or `Origin` in the cache key.
If a site does not send it, load the image through your own server.

## Fix safety
No automatic fix: the attribute is in the page.

## References
- HTML Standard, *CORS settings attributes* and *Security with canvas elements* (https://html.spec.whatwg.org/)
- MDN, Use cross-origin images in a canvas:
  https://developer.mozilla.org/en-US/docs/Web/HTML/How_to/CORS_enabled_image
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS915", "tainted-canvas", "error", __doc__)
