"""Firefox's console in other languages, and how to read a reason in a language that is not listed."""

# ruff: noqa: RUF001 -- these are the characters that people paste and that browsers print

from __future__ import annotations

import re

FRAMES = (
    "Blocage d’une requête multiorigine (Cross-Origin Request) : la politique « Same Origin » ne permet"
    " pas de consulter la ressource distante située sur {url}",
    "Blocage d'une requête multi-origines (Cross-Origin Request) : la politique « Same Origin » ne permet"
    " pas de consulter la ressource distante située sur {url}",
    "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen"
    " der externen Ressource auf {url}",
    "Запрос из постороннего источника заблокирован: Политика одного источника запрещает чтение удаленного ресурса на {url}",
    "Requisição cross-origin bloqueada: A diretiva Same Origin (mesma origem) não permite a leitura do recurso remoto em {url}",
    "Bloccata richiesta multiorigine (cross-origin): il criterio di corrispondenza dell’origine non"
    " consente la lettura della risorsa remota da {url}",
    "已封鎖跨來源請求: 同源政策不允許讀取 {url} 的遠端資源",
    "已拦截跨源请求：同源策略禁止读取位于 {url} 的远程资源",
    "已阻止跨源请求：同源策略禁止读取位于 {url} 的远程资源",
    "Solicitud desde otro origen bloqueada: la política de mismo origen impide leer el recurso remoto en {url}",
    "Solicitud de origen cruzado bloqueada: La misma política de origen no permite la lectura de recursos remotos en {url}",
    "クロスオリジン要求をブロックしました: 同一生成元ポリシーにより、{url} にあるリモートリソースの読み込みは拒否されます",
    "Cross-Origin-aanvraag geblokkeerd: de Same Origin Policy staat het lezen van de externe bron op {url} niet toe",
    "Zablokowano żądanie do zasobu innego pochodzenia: zasady „Same Origin Policy” nie pozwalają"
    " wczytywać zdalnych zasobów z „{url}”",
    "교차 출처 요청 차단: 동일 출처 정책으로 인해 {url}에 있는 원격 리소스를 차단하였습니다",
)
"""The frame up to the reason. The first nine languages are those of Firefox's own files, the last three from memory."""

REASONS: dict[str, tuple[str, ...]] = {
    "CORSMissingAllowOrigin2": (
        "l’en-tête CORS « Access-Control-Allow-Origin » est manquant",
        "CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt",
        "отсутствует заголовок CORS «Access-Control-Allow-Origin»",
        "falta cabeçalho 'Access-Control-Allow-Origin' no CORS",
        "header CORS “Access-Control-Allow-Origin” mancante",
        "缺少 CORS 'Access-Control-Allow-Origin' 檔頭",
        "CORS 头缺少 'Access-Control-Allow-Origin'",
        "falta la cabecera CORS 'Access-Control-Allow-Origin'",
        "CORS ヘッダー ‘Access-Control-Allow-Origin’ が足りない",
    ),
    "CORSDidNotSucceed2": (
        "échec de la requête CORS",
        "CORS-Anfrage schlug fehl",
        "не удалось выполнить запрос CORS",
        "falha na requisição CORS",
        "richiesta CORS non riuscita",
        "CORS 請求未成功",
        "CORS 请求未能成功",
        "Solicitud CORS sin éxito",
        "CORS 要求が成功しなかった",
    ),
    "CORSAllowOriginNotMatchingOrigin": (
        "l’en-tête CORS « Access-Control-Allow-Origin » ne correspond pas à « {value} »",
        "CORS-Kopfzeile 'Access-Control-Allow-Origin' stimmt nicht mit '{value}' überein",
        "заголовок CORS «Access-Control-Allow-Origin» не совпадает с «{value}»",
        "cabeçalho 'Access-Control-Allow-Origin' do CORS não corresponde a '{value}'",
        "header CORS “Access-Control-Allow-Origin” non corrisponde a “{value}”",
        "CORS 'Access-Control-Allow-Origin' 檔頭不符合「{value}」",
        "CORS 头 'Access-Control-Allow-Origin' 不匹配 '{value}'",
        "la cabecera CORS 'Access-Control-Allow-Origin' no coincide con '{value}'",
        "CORS ヘッダー ‘Access-Control-Allow-Origin’ が ‘{value}’ と異なる",
    ),
    "CORSMultipleAllowOriginNotAllowed": (
        "le recours à plusieurs en-têtes CORS « Access-Control-Allow-Origin » n’est pas autorisé",
        "Es darf nur ein eine CORS-Kopfzeile 'Access-Control-Allow-Origin' verwendet werden",
        "несколько заголовков CORS «Access-Control-Allow-Origin» не разрешены",
        "não é permitido vários cabeçalhos ‘Access-Control-Allow-Origin’ no CORS",
        "header CORS “Access-Control-Allow-Origin” multipli non consentiti",
        "不允許有多個「Access-Control-Allow-Origin」CORS 標頭",
        "no se permiten múltiples cabeceras CORS ‘Access-Control-Allow-Origin’",
    ),
    "CORSNotSupportingCredentials": (
        "l’identification n’est pas prise en charge si la valeur de l’en-tête CORS « Access-Control-Allow-Origin » est « * »",
        "Berechtigung/Credential wird nicht unterstützt, wenn die CORS-Kopfzeile"
        " 'Access-Control-Allow-Origin' auf '*' gesetzt ist",
        "Учётные данные не поддерживаются, если заголовок CORS «Access-Control-Allow-Origin» установлен в «*»",
        "credencial não suportada se o cabeçalho ‘Access-Control-Allow-Origin’ do CORS for ‘*’",
        "le credenziali non sono supportate se l’header CORS “Access-Control-Allow-Origin” è “*”",
        "CORS 'Access-Control-Allow-Origin' 設定為「*」時不支援使用帳號密碼",
        "la credencial no se admite si la cabecera CORS 'Access-Control-Allow-Credentials' es '*'",
        "CORS ヘッダー ‘Access-Control-Allow-Origin’ が ‘*’ である場合、認証情報はサポートされない",
    ),
    "CORSMissingAllowCredentials": (
        "« true » attendu dans l’en-tête CORS « Access-Control-Allow-Credentials »",
        "'true' in CORS-Kopfzeile 'Access-Control-Allow-Credentials' erwartet",
        "в заголовке CORS «Access-Control-Allow-Credentials» ожидалось «true»",
        "esperado 'true' no cabeçalho 'Access-Control-Allow-Credentials' do CORS",
        "previsto “true” in header CORS “Access-Control-Allow-Credentials”",
        "CORS 'Access-Control-Allow-Credentials' 檔頭應為 'true'",
        "CORS 头中的 'Access-Control-Allow-Credentials' 预期为 'true'",
        "se esperaba 'true' en la cabecera CORS 'Access-Control-Allow-Credentials'",
        "CORS ヘッダー ‘Access-Control-Allow-Credentials’ は ‘true’ であるべき",
    ),
    "CORSPreflightDidNotSucceed3": (
        "échec de la réponse de pré-vérification des requêtes CORS",
        "CORS-Preflight-Antwort schlug fehl",
        "CORS-Preflight-Kanal war nicht erfolgreich",
        "неудача ответа CORS preflight",
        "falha na resposta de comprovação (preflight) do CORS",
        "risposta CORS preliminare (“preflight”) non riuscita",
        "CORS preflight 回應並未成功",
        "CORS 预检通道未成功",
        "CORS 预检响应未能成功",
        "La respuesta CORS no tuvo éxito",
        "CORS プリフライトチャンネルが継承されていない",
    ),
    "CORSMethodNotFound": (
        "méthode manquante dans l’en-tête « Access-Control-Allow-Methods »",
        "Methode nicht in CORS-Kopfzeile 'Access-Control-Allow-Methods' gefunden",
        "Не найден метод в заголовке CORS «Access-Control-Allow-Methods»",
        "método não encontrado no cabeçalho 'Access-Control-Allow-Methods' do CORS",
        "metodo “Access-Control-Allow-Methods” non trovato in header CORS",
        "CORS 'Access-Control-Allow-Methods' 檔頭中找不到方法",
        "找不到 CORS 头中的 'Access-Control-Allow-Methods'",
        "no se ha encontrado el método en la cabecera CORS 'Access-Control-Allow-Methods'",
        "CORS ヘッダー ‘Access-Control-Allow-Methods’ にメソッドが見つからない",
    ),
    "CORSMissingAllowHeaderFromPreflight2": (
        "l’en-tête « {header} » n’est pas autorisé d’après l’en-tête « Access-Control-Allow-Headers » de la"
        " réponse de pré-vérification des requêtes CORS",
        "Kopfzeile '{header}' ist aufgrund der Kopfzeile 'Access-Control-Allow-Headers' aus der"
        " CORS-Preflight-Antwort nicht zulässig",
        "заголовок «{header}» не разрешён согласно заголовку «Access-Control-Allow-Headers» из ответа CORS preflight",
        "header ‘{header}’ não permitido, de acordo com o header ‘Access-Control-Allow-Headers’ da resposta"
        " de comprovação (preflight) do CORS",
        "l’header “{header}” non è consentito a causa dell’header “Access-Control-Allow-Headers” nella"
        " risposta CORS preliminare (“preflight”)",
        "根據 CORS preflight 回應的 'Access-Control-Allow-Headers' 內容，不允許使用檔頭「{header}」",
        "来自 CORS 预检通道的 CORS 头 'Access-Control-Allow-Headers' 的令牌 '{header}' 无效",
        "La cabecera ‘{header}’ no está permitida de acuerdo a la cabecera ‘Access-Control-Allow-Headers’ de"
        " la verificación previa de la respuesta CORS",
        "CORS プリフライトチャンネルからの CORS ヘッダー ‘Access-Control-Allow-Headers’ にトークン ‘{header}’ が足りない",
    ),
    "CORSInvalidAllowMethod": (
        "jeton « {token} » invalide dans l’en-tête CORS « Access-Control-Allow-Methods »",
        "ungültiges Token '{token}' in CORS-Kopfzeile 'Access-Control-Allow-Methods'",
        "некорректный токен «{token}» в заголовке CORS «Access-Control-Allow-Methods»",
        "token '{token}' inválido no cabeçalho 'Access-Control-Allow-Methods' do CORS",
        "token “{token}” non valido in header CORS “Access-Control-Allow-Methods”",
        "CORS 头 'Access-Control-Allow-Methods' 中的令牌 '{token}' 无效",
        "CORS ヘッダー ‘Access-Control-Allow-Methods’ に不正なトークン ‘{token}’ が含まれる",
    ),
    "CORSInvalidAllowHeader": (
        "jeton « {token} » invalide dans l’en-tête CORS « Access-Control-Allow-Headers »",
        "ungültiges Token '{token}' in CORS-Kopfzeile 'Access-Control-Allow-Headers'",
        "некорректный токен «{token}» в заголовке CORS «Access-Control-Allow-Headers»",
        "token ‘{token}’ inválido no cabeçalho 'Access-Control-Allow-Headers' do CORS",
        "token “{token}” non valido in header CORS “Access-Control-Allow-Headers”",
        "CORS 头 'Access-Control-Allow-Headers' 中的令牌 '{token}' 无效",
        "CORS ヘッダー ‘Access-Control-Allow-Headers’ に不正なトークン ‘{token}’ が含まれる",
    ),
    "CORSExternalRedirectNotAllowed": (
        "la redirection externe de requêtes CORS n’est pas autorisée",
        "Externe Weiterleitung der CORS-Anfrage verboten",
        "Внешнее перенаправление запроса CORS не разрешено",
        "redirecionamento externo de requisição CORS não permitido",
        "redirect non consentito per richiesta CORS esterna",
        "不允許 CORS 請求被重導到外部",
        "CORS 要求の外部リダイレクトは許可されない",
    ),
    "CORSRequestNotHttp": (
        "la requête CORS n’utilise pas HTTP",
        "CORS-Anfrage war nicht http",
        "запрос CORS выполнен не по http",
        "requisição CORS não é http",
        "richiesta CORS non http",
        "CORS 請求未使用 http 通訊協定",
        "CORS 请求不是 http",
        "la solicitud CORS no es http",
        "CORS 要求が http でない",
    ),
    "CORSDisabled": (
        "Raison : CORS désactivé",
        "Grund: CORS deaktiviert",
        "Причина: CORS отключён",
        "motivo: CORS desativado",
        "Motivo: CORS disattivato",
        "原因: 已停用 CORS",
        "原因：CORS 未启用",
        "razón: CORS desactivado",
        "理由: CORS が無効",
    ),
    "CORSOriginHeaderNotAdded": (
        "l’en-tête CORS « Origin » ne peut pas être ajouté",
        "CORS-Kopfzeile 'Origin' konnte nicht hinzugefügt werden",
        "Не удалось добавить CORS-заголовок «Origin»",
        "CORS ヘッダー ‘Origin’ を追加できなかった",
    ),
}
"""The reasons by Firefox's key. French, German, Russian, Brazilian Portuguese, Italian, Chinese, Spanish, Japanese, as far as
they have them."""

_HEADER = re.compile(r"access-control-allow-(origin|credentials|methods|headers)", re.IGNORECASE)
_QUOTED = re.compile(r"[‘'“\"«「„`]\s*([^‘’'“”\"«»「」„`\n]{0,200}?)\s*[’'”\"»」`]")
_PREFLIGHT = re.compile(
    r"preflight|预检|預檢|プリフライト|pré-vérification|preliminar|verificación previa|comprovação|사전", re.IGNORECASE
)
_REDIRECT = re.compile(r"redirec|weiterleit|перенаправ|重定向|重導|リダイレクト|przekierow|omleiding", re.IGNORECASE)


def guess(reason: str) -> tuple[str, dict[str, str], bool] | None:
    """Read a reason in a language, or a wording, that is not listed, by the header names and quoted values in it: Firefox's
    key, the values, and whether no other key fits. None when the text is not such a reason."""
    if "cors" not in reason.lower():
        return None
    headers = [found[1].lower() for found in _HEADER.finditer(reason)]
    quoted = [value for value in (found[1].strip() for found in _QUOTED.finditer(reason)) if not _HEADER.fullmatch(value)]
    match headers[:1]:
        case ["origin"] if "*" in quoted:
            return "CORSNotSupportingCredentials", {}, True
        case ["origin"] if quoted:
            return "CORSAllowOriginNotMatchingOrigin", {"value": quoted[-1]}, True
        case ["origin"]:
            return "CORSMissingAllowOrigin2", {}, False
        case ["credentials"]:
            return "CORSMissingAllowCredentials", {}, True
        case ["methods"]:
            return ("CORSInvalidAllowMethod", {"token": quoted[0]}, False) if quoted else ("CORSMethodNotFound", {}, True)
        case ["headers"] if quoted:
            return "CORSMissingAllowHeaderFromPreflight2", {"header": quoted[0]}, False
        case ["headers"]:
            return None
    if _PREFLIGHT.search(reason):
        return "CORSPreflightDidNotSucceed3", {}, True
    if _REDIRECT.search(reason):
        return "CORSExternalRedirectNotAllowed", {}, False
    if "http" in reason.lower():
        return "CORSRequestNotHttp", {}, False
    return "CORSDidNotSucceed2", {}, False
