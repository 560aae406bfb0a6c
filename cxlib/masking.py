"""Hides persons in text that others may read: addresses of people, numbers that ring, ids, accounts and cards.

Used wherever raw values of a company's files, or what a program says of them, reach a page, a log, a terminal or a file
that may be passed on: set-aside rows, comments, exceptions. A text is searched in a plain form (one kind of digit, dash
and space, nothing invisible, escapes resolved), and what is found is hidden where it stands.

Sources: ISO 13616 (IBAN: its length by country, check digits by ISO/IEC 7064 MOD 97-10), ISO/IEC 7812-1 annex B (cards:
Luhn), ITU-T E.164 (telephone numbers of at most fifteen digits), GS1 (check digit of article numbers). Why not a
library: docs/design.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

HIDDEN = "\u2022\u2022\u2022"
MOST_GROUPS = 12  # digits of a number with separators stand in at most so many groups
CONTEXT = 40  # characters before a number that tell what it is
Span = tuple[int, int]

# Hamza and the last letter of a word are written either way; vowels and lengthened strokes go.
_PLAIN_ARABIC = {**str.maketrans("أإآٱة", "اااا\u0647"), **dict.fromkeys((*range(0x64B, 0x653), 0x640, 0x670))}
_LETTERS = str.maketrans("أإآٱة", "اااا\u0647")

_HINT = re.compile(  # without any of these a text of Latin letters has nothing to hide
    r"\d|@|[(\[]a[)\]]|\bat\b|_at_|arobase|arroba|[\\&%]|[a-z][._]\w|\.me/"
    r"|\b(?:m(?:r|rs|s|iss|me|lle|onsieur|adame)|dr|doctor|prof(?:essor)?|eng|herrn?|frau|name|regards|sincerely)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(
    r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[tnr]|&#\d+;|&#x[0-9a-f]+;|&commat;|&nbsp;|%(?:25)?(?:[24]0|2b)|.", re.I | re.S
)
_NAMED = {"\\t": " ", "\\n": "\n", "\\r": "\n", "\t": " ", "&commat;": "@", "&nbsp;": " ", "%40": "@", "%2540": "@"}
_NAMED |= {"%20": " ", "%2b": "+", "%2520": " ", "%252b": "+"}
_MARKS = {"\u066b": ".", "\u066c": ",", "\u2212": "-", "\u30fb": "\u00b7", "\u2027": "\u00b7", "\u3002": "."}
_MARKS |= {"\u060c": ",", "\u061b": ";", "\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u00d7": "x", "\u24d0": "@"}
_MARKS |= {"\u2043": "-", "\u30fc": "-", "\u2219": "\u00b7", "\u22c5": "\u00b7", "\u2026": "."}
_NOUGHT = re.compile(
    r"(?<=\d)[o\u043e\u03bf](?=[ ()./-]{0,3}[\do\u043e\u03bf])|(?<![^\W_])[o\u043e\u03bf](?=[5-9][\do])", re.I
)

_OPEN, _SHUT = r"\s{0,2}[(\[{<|*'\"#]\s?", r"\s?[)\]}>|*'\"#]\s{0,2}"
_AT = rf"(?:\s{{0,2}}@+\s{{0,2}}|{_OPEN}(?:[aä]t|@|[أآا]ت|arobase|arroba){_SHUT})"
_POINT = r"(?:dot|punkt|punto|point(?=\W{1,3}(?:fr|be|ch|tn|ma|dz|com|net)\b)|دوت|نقط[ةه])"
_DOT = (
    rf"(?:\s?\.|{_OPEN}(?:{_POINT}|\.){_SHUT}|[\s._-]{{1,2}}{_POINT}[\s._-]{{1,2}}"
    r"|\s\.\s(?=(?:com|net|org|info|sa|ae)\b)|\s(?=(?:com|net|org)\b))"
)
_WORD = r"[^\W_][\w-]{0,62}"
_EMAIL = re.compile(
    rf"(?:\"[\w .+-]{{1,64}}\"|[\w.!#$%&*+?^~'-]{{0,63}}\w[+~-]?){_AT}"
    rf"(?:\[[\d.]+\]|(?=[\d.-]{{0,62}}[^\W\d])(?!\w+\s\d|[\w.]+[(\[](?!\s?(?:dot|\.)))\w[\w-]{{0,62}}(?:{_DOT}{_WORD})*)"
    rf"|[\w.+-]{{0,63}}[^\W_](?:[\s_.-]{{1,2}}(?:[aä]t|[أآا]ت|arobase|arroba)[\s_.-]{{1,2}}|\s?[(\[]a[)\]]\s?)"
    rf"{_WORD}(?:{_DOT}{_WORD})*{_DOT}[^\W\d_]{{2,}}",
    re.IGNORECASE,
)
_LENGTHS = (
    "15 NO 16 BE 18 DK FI FK FO GL NL SD 19 MK SI 20 AT BA EE KZ LT LU MN XK 21 CH HR LI LV 22 BG BH CR DE GB GE IE ME "
    "RS VA 23 AE GI IL IQ OM SO TL 24 AD CZ ES MD PK RO SA SE SK TN VG 25 LY PT ST 26 DZ IR IS TR 27 BI DJ FR GR IT MC "
    "MR SM 28 AL AZ BY CI CM CY DO GT HU LB MA NI PL SN SV 29 BR EG PS QA UA 30 JO KW MU 31 LC MT SC 33 RU"
)
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in re.findall(r"(\d+)((?: [A-Z]{2})+)", _LENGTHS)
    for country in countries.split()
}
_IBAN = re.compile(rf"(?:{'|'.join(_IBAN_LENGTHS)})\d\d", re.IGNORECASE)
_FOURS = re.compile(r"\w{4}([ ./_-])\w{4}(?:\1\w{4})+(?:\1\w{1,3})?")  # mistyped, perhaps, but grouped as an account is
_CARD = re.compile(r"[2-6]\d{3}(?:[ ./_\u00b7,:|-]{0,3}\d){9,15}(?!\d)")

_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
_DAY = r"(?:(?:1[349]|20)\d{2}([-/. _])(?:0?[1-9]|1[0-2])\1[0-3]?\d|[0-3]?\d([-/. _])[0-3]?\d\2(?:1[349]|20)\d{2})"
_SPANNED = re.sub(r"\\(\d)", lambda mark: rf"\{int(mark[1]) + 2}", _DAY)
_DATE = re.compile(rf"(?<!\d)(?<!\d[-/.]){_DAY}(?![-/.]?\d)")
_HONEST = re.compile(
    rf"(?<![\d+])(?<!\d[-/.])(?:{_DAY}(?:[T ]{_TIME}|\s?[-/]\s?{_SPANNED})?(?![-/.]?\d)|{_TIME}(?![:\d])"
    r"|(?:19|20)\d{6}T?(?:[012]\d[0-5]\d(?:[0-5]\d)?)?(?!\d)"  # a day, and perhaps a time, without separators
    r"|(?:19|20)\d{2}(?:\s?[-/, ]\s?(?:19|20)\d{2})+(?![-/.]?\d)|10\.\d{4,9}/\w\S*"  # spans, papers
    r"|[1-9]\d*00\s?-\s?[1-9]\d*00(?![-/.]?\d)"
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![,.]?\d)|[1-9]\d{0,2}(?:([.' ])\d{3})+,\d{1,2}(?![,.]?\d)"  # amounts
    r"|[1-9]\d{0,2}(?:['.]\d{3})+(?:\.\d{1,2})?(?![,.'-]?\d)|[1-9]\d{2,}[.,]\d{1,2}(?![-,./ ]?\d)"
    r"|(?P<fraction>(?!\d{5}\.\d{5}(?!\d))(?:0|[1-9]\d{0,6})\.\d+(?![-./]?\d))"
    r"|(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)(?<!\d\.\d\d\.\d\d\.\d\d))"  # addresses of machines
    r"|(?<!\d)0x[0-9a-f]+|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=\d*[a-f])[0-9a-f]{16,}\b|\bv\d+(?:\.\d+)+",
    re.IGNORECASE,
)
_STORED = re.compile(  # whole numbers as a file of floats, a spreadsheet or a style with thousands shows them
    r"(?<!\d)(?<!\d\.)(?:(?P<whole>\d{6,19})[.,](?:0|000+|(?<=\d{9}[.,])00)"
    r"|(?<!\d,)(?!\d+(?:\.(?:[01]\d\d|2[0-5]\d)){3})(?P<groups>\d{1,3}([,.' ])\d{3}\3\d{3}\3\d{3})(?:[.,]0+)?(?![,']\d)"
    r"|(?P<size>\d{1,15}(?:[.,]\d+)?)\s?(?:e\+?|[x*]\s?10[\^*]{0,2})0*(?P<power>\d{1,2}))(?!\.?\d)",
    re.IGNORECASE,
)
_NEXT = r"(?:(?:[ ()\-./_~*|\u00b7]{0,3}|-\x01+)\d)+"
_NUMBER = re.compile(
    r"(?<![\d,])0[1-9]\d?(?:\s?[,'\";:#x\\\u2192+=<>|]\s?\d{2,4}){2,3}(?![,.]?\d)"
    rf"|\[\s?0\d{{1,4}}\s?\][ .-]?\d{_NEXT}|(?:\(\s?)?\+?\d{_NEXT}"
)
_SAID = re.compile(  # a separator that is spelt out, or a dot that is none of ours
    r"(?<=\d)(?:\W{1,3}(?:then|dash|hyphen|minus|dot|space|slash|ثم|شرط[ةه]|نقط[ةه]|مساف[ةه])\W{1,3}|\u2022)(?=\d)",
    re.I,
)
_EXTENSION = re.compile(r"[\s,;]{0,2}(?:x|ext(?:ension|n)?|تحويل[ةه])[.:\s=]{0,2}\d{1,6}(?!\d)", re.IGNORECASE)
_FILLED = (
    r"[\W_]*(?:(?:me|us|at|on|no|nr|num|number|id|code|is|was|على|رقم|هو)[\W_]*)*"  # between a word and its number
)
_CUE = re.compile(  # what is said before a telephone number
    r"(?:tel|phone|call|mob|mobile|cell|fax|whats\s?app|wa\.me|contact|hotline"
    r"|(?<![^\W_])(?:ring|text(?= me)|sms|viber|imo|reach|ph|handy|tél|[tm](?=:))"
    rf"|(?:ال)?(?:جوال|هاتف|اتصل|موبايل|واتس|فاكس|تلي?فون|كلم|تواصل|رقمي)\w*(?:\s?اب)?){_FILLED}$",
    re.IGNORECASE,
)
_CURRENCIES = (
    "usd|eur|gbp|sar|aed|kwd|bhd|omr|qar|egp|jod|iqd|lbp|syp|yer|inr|jpy|mad|dzd|tnd|lyd|sdg|try|irr|pkr|chf"
    "|sr|kd|bd|ll|da"
)
_SIGN = r"[$€£¥₹₺₪₽﷼]"
_GOODS = (  # words before numbers that are never dialled: articles, books, papers and parcels
    r"ean|upc|gtin|is[bs]n|asin|pmid|bar\s?code|(?<!out )tracking|awb|تتبع|باركود"
)
_LABEL = re.compile(  # what is said before another number
    rf"(?:(?:^|[^a-z])(?:{_GOODS}|order|(?<!\d\s)orders|ord|bestell\w*|auftrag\w*|commande|pedido|inv|invoice|rechnung\w*|facture|factura"
    r"|receipt|voucher|coupon|quote|contract|subscription|policy|request|complaint|sku|po|so|ref|reference|item|article|art"
    r"|product|part|mpn|ticket|case|rma|shipment|parcel|batch|lot|serial|sn|transaction|txn|row|line|build|version|bytes"
    r"|epoch|timestamp|dhl|ups|fedex|aramex|smsa|naqel|dpd|gls|visits|points|units|sold|weight|views|clicks|total|sum|revenue|sales|amount|balance|price|paid|cost"
    rf"|{_CURRENCIES})|{_SIGN}|(?:ال)?(?:طلب|فاتور|شحن|تذكر|تتبع|منتج|صنف|بوليص|شكو|بلاغ|ايصال|إيصال|قسيم|مجموع|مبلغ|إ?اجمالي"
    rf"|سعر|رصيد)\w*)(?:-\d\d)?{_FILLED}(?:\d+(?:[-/]|\s?[,&]\s?|\sand\s|\sو\s?))*$",
    re.IGNORECASE,
)
_OF_GOODS = re.compile(rf"(?:^|[^a-z])(?:{_GOODS})(?:-1[03])?{_FILLED}[\d\s-]*$", re.IGNORECASE)
_UNIT = re.compile(
    rf"\s?(?:%|{_SIGN}|ريال|درهم|دينار|جنيه|لير[ةه]|[^\W\d_a-z]\.[^\W\d_a-z](?!\w)"
    rf"|(?:rows?|bytes?|[kmgt]i?b|m?s|seconds|customers?|orders|lines|cells|visits|points|views|clicks|sessions|items|units|pieces"
    rf"|pcs|people|answers|k?g|[kcm]?m|m?l|{_CURRENCIES})\b|(?:عمل|عميل|طلب|زيار|نقط|صف|قطع|كيلو|[جغ]رام)\w*)",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?:[A-Z]{1,6}[-_/#](?:\d+[-_/])*|[A-Z]+\d*|\d[A-Za-z]+)$")
_GROUPINGS = re.compile(  # how many digits stand in each group of a number with spaces
    r"(?:1 )?(?:[23] [23] [234](?: [24])?|[23](?: 2){2,4}|(?:2 ){3,4}2|4 4(?: 4)?|5 5|4 [36](?: [34])?|3 4 [17](?: 1)?"
    r"|[23] [23] 4|3 7|3 2 3 3)$"
)

_NAME = r"(?:(?<!\w)(?![a-z])[^\W\d_](?:\.|[\w'’-]{0,30})(?:\s(?![a-z])[^\W\d_](?:\.|[\w'’-]{0,30})){0,2})"
_VALUE = (
    r"((?=(?:[^\d\n]{0,6}\d){3})(?:(?:[a-z]{1,3}[ /-]?){1,2}|(?:[^\W\d_] ?){1,3}(?= ?\d))?(?=[a-z.-]{0,9}\d)[\w.-]+"
    r"(?:[ /-]\d\w*|[ ][a-z](?!\w))*)"
)
_NO_NAME = (  # what follows "doctor" and "engineer" where no name does
    r"(?:كان\w*|لم|لن|لا|ما|لي|ليس|غير|ال[ذتل]ي|في|على|علي|من|مع|هو|هي|جدا|ممتاز\w*|محترم\w*|متعاون\w*|رائع\w*|سي[ءي]\w*|جيد\w*|اعمال"
    r"|المختص|المعالج|المسؤول|جاء\w*|وصل\w*|قال\w*|تاخر\w*|حضر\w*|اتصل\w*|التركيب|الصيانه)(?!\w)"
)
_TOLD = tuple(  # what the words around it tell; Arabic letters as in _LETTERS
    re.compile(form)
    for form in (
        rf"\b(?:M(?:r|R|rs|RS|s|iss|me|lle|adame|onsieur)|Dr|Doctor|Prof|PROF|Professor|Eng(?=\.)|Herrn?|Frau)\b\.?\s+({_NAME})",
        r"\b(?:mrs?|ms(?=\.)|dr(?=\.))\.?\s(?!and\b|or\b)([a-z]{3,30})",
        r"(?i:\bmy name(?: is|'s)|\b(?:customer|client|member|full|guest|contact)(?:'s)? name\s?[:=]|regards,"
        rf"|sincerely,)\s({_NAME})",
        rf"({_NAME})\s?<(?=\x00)",  # before an address in brackets
        r"(?<!\w)[وفل]?(?:(?:ال)?(?:سيده?|استاذه?|انسه|مدام|دكتوره?|مهندسه?)[\s/:]{1,3}(?:(?:المحترم|الفاضل)ه? )?"
        rf"|[دما][./]\s?(?=\w\w))(?!{_NO_NAME})(\w{{2,30}}(?:\s\w{{3,30}})?)",
        rf"(?<!\w)[وف]?(?:انا )?(?:اسمي|(?:ال)?اسم(?: العميل)?:)\s?(?!{_NO_NAME})(\w{{1,30}}(?:\s\w{{3,30}})?)",
        r"(?i)(?:(?:instagram|facebook|twitter|tiktok|snapchat|linkedin|threads|youtube|(?<![\w.])(?:x|fb))\.com"
        r"|(?<![\w.])(?:t|wa|snap|fb)\.me)/([\w@%./?=-]{2,})",
        r"(?i)/(?:customer|user|member|client|account|profile)s?/(\d{5,})(?![\w.-])",
        r"(?i)[?&](?:\w{0,20}_?id|user|customer|member|phone|e?mail|token)=(?=[^&\s]{0,99}\d)([^&\s]{4,})",
        r"(?i)(?<![\w.@])@([a-z_][\w.]{2,})",
        r"(?i)(?:insta(?:gram)?|\big|snap(?:chat)?|twitter|tiktok|telegram|skype|facebook|\bfb|سناب\w*|انست\w*|تويتر"
        r"|تيك ?توك|تيلي?جرام|فيسبوك)\s?(?:[: -]|is )\s?(?=[a-z]+[._\d])([\w.]{4,})",
        r"(?i)(?:\b(?:passe?port|pasaporte|reisepass|iqama|(?:national|civil|personal|tax) (?:id|number|insurance)|nid"
        r"|cpr|qid|ssn|nin|dni|nie|cin|cnic|codice fiscale|driv\w+(?:'s)? licen[cs]e|(?:licen[cs]e|number|car|vehicle)"
        r" plate|plate (?:no|number)|plate(?= [a-z]{1,3}[ /-]\d)|kennzeichen|immatriculation|p\.?\s?o\.?\s?b(?:\.|ox)?"
        r"|b\.p\.|postfach|zip|(?:zip|post(?:al)?) ?code|acct|account (?:no|number))"
        r"|جواز(?: (?:ال)?سفر)?|اقامه|الرقم القومي|هويه\w*|رخصه القياده|(?:ال)?لوح(?:ه|ت\w{1,2})|سياره(?= رقم)"
        rf"|ص\.? ?ب\.?|صندوق (?:ال)?بريد|الرمز البريدي|رقم الحساب){_FILLED}{_VALUE}",
        rf"(?i)(?:ايبان|\biban){_FILLED}([a-z]{{2}}\d\d[\w .:,|-]{{8,40}}\d)",
        rf"(?i)(?:\b(?:card|visa|mada|amex|pan)|بطاقه){_FILLED}(?:ending )?(\d(?:[ .-]?\d){{12,18}})",
        r"(?i)(?:\b(?:d\.?o\.?b|date of birth|birth ?da(?:te|y)|born(?: on)?)|(?:ال)?ميلاد\w?|مواليد)[\W_]*"
        r"(\d{1,4}[-/. ](?:\d{1,2}|[^\W\d_]{3,9})[-/., ]{1,2}\d{1,4})",
        r"(\b\d+\w?,? (?:[A-Z]\w+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd)\b)",
        r"((?i:\b(?:villa|flat|apartment|apt|building|house|bldg)(?: no\.?)? \d+\w?,? )[^\n,]{0,30}?"
        r"(?:[Ss]treet|St|[Rr]oad|Rd|Ave)\b(?: \d+\w?)?)",
        r"(\b[^\W\d_a-z]\w{1,30}(?:str(?:\.|a(?:ss|ß)e)|gasse|weg|platz) \d+\w?\b)",
        r"(\b\d+,? (?:rue|avenue|boulevard) (?:d\w+ )?(?:la |l')?[A-Z]\w+)",
        r"(\d{1,5} شارع \w+(?: \w+)?)",
        r"(?<!\w)((?:(?:ال)?حي \w+(?: \w+)?،? )?شارع (?:\w+[،,]? ){1,4}?(?:(?:رقم|فيلا|شقه|مبني|عماره|منزل|بيت) )?\d+)",
    )
)

_TITLE = re.compile(  # of a column that holds what names, places or reaches a person
    r"e-?mail|phone|mobile|whats\s?app|address|passport|iban|birth|(?:sur|fore)name|nick\s?name|iqama|contact|msisdn|"
    r"(?:first|last|full|family|middle|given|maiden|customer|client|member|user|holder|person|billing|shipping|buyer"
    r"|recipient|guest|patient|(?<![a-z])[fl])[ _-]*name|card[ _-]?holder|"
    r"(?<![a-z])(?:mail|tel|cell|fax|zip|(?:zip|post(?:al)?)[ _-]?code|street|dob|ssn|card)(?![a-z])"
    r"|(?:national|civil|tax)[ _-]?id|^\W*name(?:[\W\d_]*|[\W_]+(?:en|ar)\W*)$"
    r"|(?<!\w)(?:ال)?(?:اسم|بريد|جوال|هاتف|تلي?فون|موبايل|عنوان|هويه|ميلاد|ايبان|ايميل|واتس|جواز|اقامه|بطاقه|لقب|كنيه)"
    r"(?! المنتج)|(?:الرقم|رقم) القومي|السجل المدني",
    re.IGNORECASE,
)


_OF_CONTACTS = re.compile(  # how, why or how often somebody was reached, and what a number or card is like
    r"[ _-](?:type|kind|channel|brand|status|reason|method|preference|consent|opt[ _-]?(?:in|out)|count|cost|model|plan"
    r"|provider|domain|language|band|segment|score|hour|weekday|month)s?$",
    re.IGNORECASE,
)


def names_a_person(title: str) -> bool:
    """Whether a column's title says that it holds names, addresses, contacts, ids or days of birth of persons."""
    return bool(_TITLE.search(title.translate(_PLAIN_ARABIC))) and not _OF_CONTACTS.search(title)


def mask_line(line: str) -> str:
    """A line that could not be cut into cells: only its separators, quotation marks and brackets are shown."""
    return re.sub(r"[^\s,;|:\"{}\[\]]+", HIDDEN, line)


def mask_words(text: str, words: Iterable[str]) -> str:
    """The text with certain words hidden, in whatever case they stand; one word alone not in small letters."""
    for word in sorted(words, key=len, reverse=True):
        single = word.isascii() and word.isalpha()
        forms = "|".join({word, word.upper(), word.title()}) if single else re.escape(word)
        text = re.sub(rf"(?<!\w)(?:{forms})(?!\w)", HIDDEN, text, flags=0 if single else re.IGNORECASE)
    return text


def mask_contacts(text: str) -> str:
    """Put dots in place of e-mail addresses, telephone numbers, ids of eight to fifteen digits, IBANs and cards.

    Also of what the words around it tell: names after a title, handles, papers, plates, streets, days of birth.
    Of an address the first letter stays, which tells two rows apart. Days, times, amounts, versions and codes after a
    word such as "order" are left as they are.

    >>> mask_contacts("call:0501234567 or write to sara.ali@example.com")
    'call:••• or write to s•••'
    >>> mask_contacts("Pay SA03 8000 0000 6080 1016 7519, or +966 50 123 4567.")
    'Pay •••, or •••.'
    >>> mask_contacts("2026-09-14 10:05"), mask_contacts("1,234,567.89"), mask_contacts("order 12345678")
    ('2026-09-14 10:05', '1,234,567.89', 'order 12345678')
    """
    if text.isascii() and not _HINT.search(text):
        return text
    plain, starts = _plain(text)
    end, parts = 0, []
    for first, last, visible in sorted(_secrets(plain)):
        if first >= end:
            parts.append(text[starts[end] : starts[first + visible]] + HIDDEN)
            end = last
    return "".join(parts) + text[starts[end] :] if parts else text


def mask_texts(value: Any) -> Any:
    """A JSON value with contacts masked in every text of it, but for the names of its parts."""
    if isinstance(value, Mapping):
        return {name: mask_texts(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [mask_texts(part) for part in value]
    return mask_contacts(value) if isinstance(value, str) else value


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with one kind of digit, dash and space and nothing invisible; where each character of it began."""
    if text.isascii() and not re.search(r"[\\&%\t]", text):
        return text, list(range(len(text) + 1))
    pieces = [(_character(piece[0]), piece.start()) for piece in _PIECE.finditer(text)]
    return "".join(piece for piece, _ in pieces), [*(start for piece, start in pieces if piece), len(text)]


def _character(piece: str) -> str:
    name = piece.lower()
    if name in _NAMED:
        return _NAMED[name]
    if len(piece) > 1:
        code = int(re.sub(r"[\\&#xu;]", "", name), 16 if "x" in name or "u" in name else 10)
        piece = chr(min(code, 0x10FFFF))
    folded = unicodedata.normalize("NFKC", piece)
    piece = _MARKS.get(piece, folded if len(folded) == 1 else piece)
    digit, kind = unicodedata.decimal(piece, None), unicodedata.category(piece)
    if kind in {"Cf", "Me"} or piece == "\ufe0f" or _PLAIN_ARABIC.get(ord(piece), "") is None:
        return ""
    if digit is not None:
        return str(digit)
    return "-" if kind == "Pd" else " " if kind == "Zs" else piece


def _secrets(plain: str) -> Iterator[tuple[int, int, int]]:
    """First and last place of everything to hide, and how many characters of it stay visible."""
    for found in _EMAIL.finditer(plain):
        yield *found.span(), 0 if found[0].startswith('"') else 1
    rest = _without(plain, (found.span() for found in _EMAIL.finditer(plain)))
    for kind in (_ibans, _told, _stored, _cards, _telephones):
        rest = rest if kind in {_ibans, _told} else _NOUGHT.sub("0", rest)
        spans = list(kind(rest))
        yield from ((first, last, 0) for first, last in spans)
        rest = _without(rest, spans)


def _without(text: str, spans: Iterable[Span]) -> str:
    characters = list(text)
    for first, last in spans:
        characters[first:last] = "\x00" * (last - first)
    return "".join(characters)


def _ibans(text: str) -> Iterator[Span]:
    for found in _IBAN.finditer(text):
        more = _IBAN_LENGTHS[found[0][:2].upper()] - 1
        whole = re.compile(rf"[a-z0-9](?:[ ./_,:|-]{{0,2}}[a-z0-9]){{{more}}}", re.IGNORECASE).match(
            text, found.start()
        )
        characters = re.sub(r"[ ./_,:|-]", "", whole[0]).upper() if whole else ""
        is_right = whole and int("".join(str(int(c, 36)) for c in characters[4:] + characters[:4])) % 97 == 1
        if whole and (is_right or _FOURS.fullmatch(whole[0])):
            yield whole.span()


def _told(text: str) -> Iterator[Span]:
    """Names after titles, signatures, handles, papers, plates, boxes, streets and days of birth."""
    text = text.translate(_LETTERS)
    for found in (found for form in _TOLD for found in form.finditer(text)):
        yield found.span(1)


def _cards(text: str) -> Iterator[Span]:
    text = _without(text, [found.span() for found in _DATE.finditer(text)])
    starts = (found.start() for found in re.finditer(r"(?<!\d)\d", text) if not _OF_GOODS.search(_before(found)))
    for found in filter(None, (_CARD.match(text, start) for start in starts)):
        for end in [last for last in range(found.end(), found.start() + 12, -1) if not text[last : last + 1].isdigit()]:
            number = text[found.start() : end]
            digits = re.sub(r"\D", "", number)
            if len(digits) > 12 and (luhn(digits) or re.fullmatch(r"\d{4}(\W+)\d{4}\1\d{4}\1\d{4}", number)):
                yield found.start(), end
                break


def _stored(text: str) -> Iterator[Span]:
    """Numbers of floats, such as ``966501234567.0`` and ``9.66E+11``, that are telephone numbers, ids or cards."""
    for found in _STORED.finditer(text):
        whole = re.sub(r"\D", "", found["whole"] or found["groups"] or "")
        if found["size"]:
            size = Decimal(found["size"].replace(",", ".")).normalize()
            whole = f"{size.scaleb(int(found['power'])):.0f}" if len(size.as_tuple().digits) > 2 else ""
        honest = _HONEST.fullmatch(whole) or (whole.endswith("00000") and not found["size"])
        if found["groups"]:
            honest = len(whole) < 11 or whole.endswith("000") or _is_counted(re.findall(r"\d+", found["groups"]))
        if 5 < len(whole) < 20 and not honest and _is_telephone(text, found.span(), whole[:15]):
            yield found.span()


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others, as on every card."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def is_article(digits: str) -> bool:
    """Whether thirteen digits are an article number, as under a bar code."""
    return len(digits) == 13 and (sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))) % 10 == 0


def _telephones(text: str) -> Iterator[Span]:
    """The parts of each row of digits that are telephone numbers or ids, from the left and as long as can be."""
    text = _SAID.sub(lambda found: "-" + "\x01" * (len(found[0]) - 1), text)
    honest = (found for found in _HONEST.finditer(text) if not (found["fraction"] and _CUE.search(_before(found))))
    text = _without(text, [found.span() for found in honest])
    for row in _NUMBER.finditer(text):
        if _is_counted(re.findall(r"\d+", row[0])):
            continue
        groups = [found.span() for found in re.compile(r"[+(]*(?:\( )?\d+").finditer(text, *row.span())]
        begin = 0
        while begin < len(groups):
            ends = range(min(len(groups), begin + MOST_GROUPS), begin, -1)
            parts = ((end, (groups[begin][0], groups[end - 1][1])) for end in ends)
            end, part = next(((end, part) for end, part in parts if _is_telephone(text, part)), (begin + 1, None))
            if part:
                bracket, more = text[part[0]] == "(" and ")" not in text[slice(*part)], _EXTENSION.match(text, part[1])
                yield part[0] + bracket, more.end() if more else part[1]
            begin = end


def _before(found: re.Match[str]) -> str:
    return found.string[max(found.start() - CONTEXT, 0) : found.start()]


def _is_telephone(text: str, span: Span, number: str = "") -> bool:
    number, before, after = number or text[slice(*span)], text[: span[0]][-CONTEXT:], text[span[1] :][:12]
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if not 6 <= len(digits) <= 15 or ("+" not in number and _OF_GOODS.search(before)):
        return False
    if _is_dialled(number, digits):
        return True
    if not (len(digits) > 7 and _is_grouped(number, groups)) or re.search(r"\d\.$", before) or re.match(r"\.\d", after):
        return not re.search(r"\d\W*$", before) and bool(_CUE.search(before))
    honest = _LABEL.search(before) or _CODE.search(before) or _UNIT.match(after)
    return not honest or bool(_CUE.search(before))


def _is_grouped(number: str, groups: list[str]) -> bool:
    """Whether digits stand as those of a telephone number or an id do: in one row, or in groups of usual sizes."""
    if len(groups) == 1:
        return not is_article(groups[0])
    if " " not in number and min(map(len, groups)) > 1:
        return True
    return "  " not in number and bool(_GROUPINGS.match(" ".join(str(len(group)) for group in groups)))


def _is_counted(groups: list[str]) -> bool:
    """Whether numbers follow each other by equal steps, or are noughts and ones alone."""
    steps = {int(after) - int(before) for before, after in pairwise(groups)}
    return len(groups) > 3 and (set(groups) == {"0", "1"} or (len(steps) == 1 and steps != {0} and groups[0][0] != "0"))


def _is_dialled(number: str, digits: str) -> bool:
    """Whether a number begins as one that is dialled: with a plus, an area code in brackets, or a nought."""
    if (
        number.lstrip("( ").startswith("+")
        or re.match(r"\(\s?\d{1,5}\s?\)", number)
        or re.search(r"\d \(\d{2,4}\)", number)
    ):
        return len(digits) >= 7
    if re.match(r"00[1-9]", digits):
        return len(digits) >= 11
    return bool(re.match(r"0[1-9]", digits)) and number[:2] != "0." and 8 <= len(digits) <= 12
