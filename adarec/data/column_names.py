"""Names that user, item, time and rating columns carry in public logs, best first."""

import re

ROLES = ("user", "item", "time", "rating")

KNOWN_NAMES = {
    "user": (
        "userid user uid visitorid visitor customerid customer clientid memberid accountid "
        "reviewerid authorid playerid listenerid buyerid personid profileid userhash useridx "
        "username usersession sessionid session sid userno customerno customernumber nutzer "
        "benutzer kunde kundennr kundennummer utilisateur client usuario cliente"
    ).split(),
    "item": (
        "itemid item iid productid product movieid movie filmid asin parentasin sku articleid "
        "article newsid trackid track songid song artistid artist bookid isbn videoid gameid "
        "appid venueid venue poiid poi businessid locationid recipeid adid contentid postid "
        "itemidx productcode stockcode itemno productno articleno articlenumber artikel "
        "artikelnr artikelnummer produkt produit producto articulo"
    ).split(),
    "time": (
        "timestamp time ts datetime date eventtime unixtime unixtimestamp epoch createdat "
        "reviewtime unixreviewtime timestampms visittime clicktime occurredat utctime "
        "localtime when invoicedate zeit zeitstempel datum uhrzeit horodatage fecha"
    ).split(),
    "rating": "rating score stars overall ratingvalue reviewscore bewertung".split(),
}
RETAILROCKET = {"timestamp", "visitorid", "event", "itemid"}


def plain(name: str) -> str:
    """`name` as compared: lower case letters and digits, RecBole's type suffix cut off."""
    return re.sub(r"[^a-z0-9]", "", name.rsplit(":", 1)[0].lower())


def is_known_name(name: str) -> bool:
    """Whether `name` is usual for one of the four roles, or carries a RecBole type."""
    return has_recbole_type(name) or any(plain(name) in known for known in KNOWN_NAMES.values())


def has_recbole_type(name: str) -> bool:
    """Whether `name` ends as RecBole's atomic files name their columns, `user_id:token`."""
    return name.rsplit(":", 1)[-1] in ("token", "float", "token_seq", "float_seq") and ":" in name
