"""The invented company: its people, services, targets and vocabulary; nothing here names anyone real.

What was agreed stands a second time in params/demo/contract.yaml; a test holds the two together.
"""

from __future__ import annotations

import numpy as np

ZONE = "Europe/London"
#: As contract.yaml names them.
CLIENT = "Harrow & Finch Ltd (invented)"
PROVIDER = "Northgate Managed IT (invented)"

#: Service: (calendar, target ratio, most outages, users, hourly cost). An outage counts from 5 minutes.
SERVICES: dict[str, tuple[str, float | None, int | None, int, float | None]] = {
    "webshop": ("always", 0.999, 2, 120, 38),
    "email": ("always", 0.999, 2, 240, 38),
    "erp": ("office", 0.99, 2, 180, 42),
    "vpn": ("always", 0.997, 2, 90, 38),
    "telephony": ("always", 0.99, 4, 240, 30),
    "fileshare": ("office", None, None, 150, None),
}
OUTAGE_MIN = 5
#: From July 2026 the webshop owes more (amendment 4.1a).
WEBSHOP_AMENDED = ("2026-07", 0.9995)

#: Priority: (calendar, response, resolution [min], agreed attainment); P5 has no agreed target.
PRIORITIES: dict[str, tuple[str, float, float, float | None]] = {
    "P1": ("always", 15, 240, 0.95),
    "P2": ("office", 60, 480, 0.9),
    "P3": ("office", 240, 1500, 0.9),
    "P4": ("office", 480, 3000, 0.85),
    "P5": ("office", 480, 3000, None),
}
HOURLY_RATE = 95
MONTHLY_FEE = 18000

PEOPLE = 240
#: People by number: who may open tickets comes first.
DEPARTMENTS = (("it", 16), ("sales", 80), ("finance", 40), ("stores", 60), ("warehouse", 44))
#: One person of a department who may open tickets too.
LEADS = ("sales", "finance", "stores")

TECHNICIANS = tuple(
    f"tech-{name}" for name in ("alder", "birch", "cedar", "elder", "hazel", "juniper", "maple", "rowan")
)


def requesters() -> np.ndarray:
    """The address of each of the company's people, by number."""
    addresses: list[str] = []
    for department, size in DEPARTMENTS:
        lead = [f"{department}.lead@harrow.example"] if department in LEADS else []
        numbers = range(len(addresses) + len(lead), len(addresses) + size)
        addresses += lead + [f"u{number:03d}@{department}.harrow.example" for number in numbers]
    return np.array(addresses, dtype=object)


def authorised() -> np.ndarray:
    """Whether each of the company's people may open tickets, as strategy.yaml lists them."""
    return np.array([a.endswith("@it.harrow.example") or ".lead@" in a for a in requesters()])


#: Category: its kind and the openings of its titles. No two openings read alike.
CATEGORIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "email": (
        "incident",
        (
            "Outlook wants a password",
            "Mailbox is full",
            "Message bounced back",
            "Shared calendar missing",
            "Attachment refused",
            "Newsletter lands in spam",
            "Signature looks broken",
            "Out of office stays on",
        ),
    ),
    "access": (
        "request",
        (
            "Locked out after holiday",
            "New starter needs login",
            "Remove rights of leaver",
            "Second factor lost",
            "Folder permission wanted",
            "Badge rejected at gate",
            "Role change for payroll",
            "Guest account for auditor",
        ),
    ),
    "printing": (
        "incident",
        (
            "Toner smears on labels",
            "Paper jams every morning",
            "Scanner sends blank pages",
            "Queue stuck since noon",
            "Duplex option greyed out",
            "Wrong tray selected",
            "Colour looks washed out",
            "Driver asks for update",
        ),
    ),
    "network": (
        "incident",
        (
            "Wireless drops in corridor",
            "Wall socket dead",
            "Slow transfer to archive",
            "Cable damaged by trolley",
            "Switch fan very loud",
            "Cannot reach supplier site",
            "Video call stutters",
            "Address conflict shown",
        ),
    ),
    "remote": (
        "incident",
        (
            "Tunnel closes each hour",
            "Token expired at home",
            "Client install fails",
            "Split routing wrong",
            "Hotel connection blocked",
            "Remote desktop black",
            "Certificate warning pops up",
            "Roaming profile corrupt",
        ),
    ),
    "erp": (
        "incident",
        (
            "Posting run aborted",
            "Stock figure negative",
            "Report takes ages",
            "Invoice layout shifted",
            "Batch stays in draft",
            "Customer record frozen",
            "Price list not imported",
            "Month end button missing",
        ),
    ),
    "hardware": (
        "incident",
        (
            "Laptop battery swollen",
            "Docking station flickers",
            "Keyboard types twice",
            "Monitor shows stripes",
            "Mouse wheel broken",
            "Webcam upside down",
            "Hinge cracked",
            "Disk clicking noise",
        ),
    ),
    "software": (
        "request",
        (
            "Install drawing tool",
            "Spreadsheet macro blocked",
            "Browser update wanted",
            "Font missing in brochure",
            "Reader crashes on opening",
            "Licence notice appears",
            "Plugin incompatible",
            "Language pack needed",
        ),
    ),
    "telephony": (
        "incident",
        (
            "Handset without dial tone",
            "Voicemail light blinks",
            "Headset crackles",
            "Number shown wrongly",
            "Conference bridge silent",
            "Call forwarding ignored",
            "Hunt group skips desk",
            "Mobile contract upgrade",
        ),
    ),
    "webshop": (
        "incident",
        (
            "Basket empties itself",
            "Voucher code declined",
            "Product picture absent",
            "Checkout spins forever",
            "Search finds nothing",
            "Delivery date in past",
            "Card payment doubled",
            "Returns form broken",
        ),
    ),
    "storage": (
        "request",
        (
            "Restore deleted drawing",
            "Quota nearly used up",
            "Archive old campaign",
            "Share with outside agency",
            "Sync hangs at start",
            "Version history gone",
            "File name too long",
            "Offline copy outdated",
        ),
    ),
    "how-to": (
        "question",
        (
            "Where to find timesheet",
            "Steps for mail merge",
            "Best way to book rooms",
            "Guide for pivot tables",
            "Explain expense portal",
            "Training on ledger screens",
            "Help with slide template",
            "Meaning of status colours",
        ),
    ),
}

_TEAMS = """
    Osprey Kestrel Merlin Buzzard Harrier Falcon Goshawk Raven Magpie Jackdaw Rook Jay Nuthatch Wren Robin
    Dunnock Linnet Siskin Redpoll Crossbill Bullfinch Greenfinch Brambling Yellowhammer Lapwing Plover
    Dunlin Curlew Whimbrel Godwit Snipe Woodcock Sandpiper Redshank Avocet Oystercatcher Turnstone
    Sanderling Ruff Phalarope Gannet Cormorant Shag Fulmar Petrel Shearwater Puffin Guillemot Razorbill
    Kittiwake Tern Skua Heron Egret Bittern Spoonbill Stork Crane Swan Gadwall Wigeon Teal Mallard Pintail
    Shoveler Pochard Eider Scoter Goldeneye Smew Goosander Grebe Coot Moorhen Rail Corncrake Quail Partridge
    Pheasant Grouse Ptarmigan Capercaillie Dove Pigeon Cuckoo Barn-owl Nightjar Swift Kingfisher Hoopoe
    Wryneck Woodpecker Skylark Swallow Martin Pipit Wagtail Waxwing Dipper Stonechat Whinchat
"""
#: What teams are called.
TEAMS = tuple(_TEAMS.split())
_ROOMS = """
    Larkspur Foxglove Bluebell Primrose Cowslip Oxlip Campion Stitchwort Speedwell Yarrow Tansy Teasel
    Thistle Knapweed Scabious Harebell Betony Bugle Selfheal Woundwort Comfrey Borage Alkanet Bugloss
    Mullein Toadflax Snapdragon Figwort Monkshood Columbine Anemone Celandine Marigold Buttercup Spearwort
    Meadowsweet Dropwort Burnet Agrimony Silverweed Cinquefoil Tormentil Avens Bramble Hawthorn Blackthorn
    Spindle Dogwood Privet Elderflower Honeysuckle Bryony Ivy Holly Mistletoe Juniperus Yew Larch Spruce
    Douglas Cypress Sequoia Ginkgo Magnolia Laurel Hornbeam Sycamore Chestnut Walnut Hickory Poplar Aspen
    Willow Sallow Osier Linden Whitebeam Medlar Quince Damson Greengage Bullace Sloe Crabapple Mulberry
    Currant Gooseberry Bilberry Cranberry Heather Gorse Broom Bracken Hartstongue Polypody Horsetail
    Sphagnum Lichen Samphire Thrift Seakale Marram Sundew
"""
#: What rooms are called.
ROOMS = tuple(_ROOMS.split())
