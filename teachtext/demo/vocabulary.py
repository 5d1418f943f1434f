"""What a demo clip can show, sound and say, and the phrases for it. Tables only.

The first phrase of a concept is the common one, the later ones are rarer: they reward a text
encoder that knows more words. No phrase belongs to two concepts.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """One pictured object.

    Attributes:
        codepoint: Code point of the OpenMoji drawing.
        family: More general noun that is also true.
        nouns: Nouns that captions use for the object.
    """

    codepoint: str
    family: str
    nouns: tuple[str, ...]


SHAPES = {
    "dog": Shape("1F436", "animal", ("dog", "puppy", "hound", "canine")),
    "cat": Shape("1F431", "animal", ("cat", "kitten", "kitty", "feline")),
    "fish": Shape("1F420", "animal", ("fish", "tropical fish", "angelfish", "coral fish")),
    "duck": Shape("1F986", "animal", ("duck", "mallard", "duckling", "waterfowl")),
    "horse": Shape("1F434", "animal", ("horse", "pony", "stallion", "mare")),
    "cow": Shape("1F42E", "animal", ("cow", "calf", "ox", "head of cattle")),
    "frog": Shape("1F438", "animal", ("frog", "toad", "amphibian", "bullfrog")),
    "butterfly": Shape("1F98B", "animal", ("butterfly", "moth", "winged insect", "monarch")),
    "elephant": Shape("1F418", "animal", ("elephant", "tusker", "jumbo", "pachyderm")),
    "penguin": Shape("1F427", "animal", ("penguin", "king penguin", "flightless bird")),
    "car": Shape("1F697", "vehicle", ("car", "automobile", "sedan", "hatchback")),
    "bus": Shape("1F68C", "vehicle", ("bus", "coach", "omnibus", "minibus")),
    "bicycle": Shape("1F6B2", "vehicle", ("bicycle", "bike", "cycle", "two-wheeler")),
    "airplane": Shape("2708", "vehicle", ("airplane", "plane", "jet", "airliner")),
    "rocket": Shape("1F680", "vehicle", ("rocket", "spaceship", "missile", "spacecraft")),
    "sailboat": Shape("26F5", "vehicle", ("sailboat", "boat", "yacht", "sailing ship")),
    "football": Shape("26BD", "thing", ("football", "soccer ball", "ball", "leather ball")),
    "guitar": Shape("1F3B8", "thing", ("guitar", "electric guitar", "stringed instrument")),
    "umbrella": Shape("2602", "thing", ("umbrella", "parasol", "brolly", "sunshade")),
    "house": Shape("1F3E0", "building", ("house", "home", "cottage", "dwelling")),
    "apple": Shape("1F34E", "fruit", ("apple", "ripe apple", "pippin", "braeburn")),
    "banana": Shape("1F34C", "fruit", ("banana", "ripe banana", "plantain", "cavendish")),
    "tree": Shape("1F333", "plant", ("tree", "oak", "maple", "leafy tree")),
    "flower": Shape("1F33B", "plant", ("flower", "sunflower", "blossom", "bloom")),
}

COLOURS = {
    "red": ("red", "crimson", "scarlet", "ruby"),
    "orange": ("orange", "tangerine", "amber", "apricot"),
    "yellow": ("yellow", "golden", "lemon", "canary yellow"),
    "green": ("green", "emerald", "olive", "grassy green"),
    "blue": ("blue", "azure", "cobalt", "sapphire"),
    "purple": ("purple", "violet", "lilac", "lavender"),
    "pink": ("pink", "rosy", "magenta", "fuchsia"),
    "grey": ("grey", "gray", "silver", "ashen"),
}

PATTERNS = ("solid", "gradient", "stripes", "dots", "checker", "noise")

# The first word is finite/participle: "spins" and "spinning".
MOTIONS = {
    "left": (
        "moves/moving to the left",
        "drifts/drifting left",
        "slides/sliding leftward",
        "travels/travelling from right to left",
        "crosses/crossing the picture westward",
    ),
    "right": (
        "moves/moving to the right",
        "drifts/drifting right",
        "slides/sliding rightward",
        "travels/travelling from left to right",
        "crosses/crossing the picture eastward",
    ),
    "up": (
        "moves/moving up",
        "rises/rising",
        "floats/floating upward",
        "climbs/climbing to the top",
        "ascends/ascending",
    ),
    "down": (
        "moves/moving down",
        "falls/falling",
        "sinks/sinking to the bottom",
        "drops/dropping downward",
        "descends/descending",
    ),
    "spin": (
        "spins/spinning",
        "turns/turning around",
        "rotates/rotating",
        "twirls/twirling",
        "whirls/whirling like a wheel",
    ),
    "grow": (
        "grows/growing",
        "gets/getting bigger",
        "becomes/becoming larger",
        "comes/coming closer",
        "expands/expanding",
    ),
    "shrink": (
        "shrinks/shrinking",
        "gets/getting smaller",
        "becomes/becoming tiny",
        "goes/going far away",
        "dwindles/dwindling",
    ),
    "bounce": (
        "bounces/bouncing",
        "jumps/jumping up and down",
        "hops/hopping",
        "leaps/leaping again and again",
        "bobs/bobbing",
    ),
}

SOUNDS = {
    "bell": ("a bell", "a ringing bell", "church bells", "chimes", "a gong"),
    "siren": ("a siren", "an ambulance", "an alarm", "a police siren", "a wailing fire engine"),
    "drum": ("drums", "a drum beat", "drumming", "percussion", "a rhythm section"),
    "rain": ("rain", "pouring rain", "a downpour", "a rain shower", "a storm"),
    "birds": ("chirping birds", "birdsong", "tweeting", "a twittering songbird", "warbling"),
    "engine": ("an engine", "a humming motor", "a motor", "rumbling machinery", "a generator"),
    "clock": ("a ticking clock", "a clock", "ticking", "a wristwatch", "a metronome"),
    "phone": ("a beeping phone", "a telephone", "beeps", "a pager", "electronic tones"),
}

# What is said or written, as captions can put it after "about".
SPOKEN = {
    "river": ("a river", "a stream", "a brook"),
    "doctor": ("a doctor", "a physician", "surgeons"),
    "kitchen": ("a kitchen", "a stove", "cooking"),
    "forest": ("a forest", "woodland", "a jungle"),
    "money": ("money", "cash", "dollars"),
    "window": ("a window", "a glass pane", "a windowsill"),
    "mountain": ("a mountain", "a summit", "alpine peaks"),
    "camera": ("a camera", "photography", "a lens"),
    "winter": ("winter", "snow", "december"),
    "camel": ("a camel", "a dromedary", "a caravan"),
    "letter": ("a letter", "mail", "an envelope"),
    "potato": ("a potato", "a vegetable", "french fries"),
    "island": ("an island", "an atoll", "an isle"),
    "farmer": ("a farmer", "agriculture", "a rancher"),
    "diamond": ("a diamond", "a jewel", "gemstones"),
    "coffee": ("coffee", "espresso", "caffeine"),
    "village": ("a village", "a small town", "a hamlet"),
    "chocolate": ("chocolate", "cocoa", "a dessert"),
    "computer": ("a computer", "a laptop", "software"),
    "pencil": ("a pencil", "a crayon", "stationery"),
    "hospital": ("a hospital", "a clinic", "patients"),
    "monkey": ("a monkey", "an ape", "chimpanzees"),
    "tiger": ("a tiger", "a striped predator", "a bengal"),
    "painting": ("a painting", "an artwork", "a canvas"),
}

WRITTEN = {
    "ocean": ("the ocean", "the sea", "deep water"),
    "summer": ("summer", "july", "a heat wave"),
    "market": ("a market", "shopping", "a bazaar"),
    "danger": ("danger", "a risk", "hazards"),
    "freedom": ("freedom", "liberty", "independence"),
    "school": ("school", "a classroom", "pupils"),
    "pirate": ("a pirate", "a buccaneer", "treasure"),
    "castle": ("a castle", "a fortress", "a palace"),
    "winner": ("a winner", "a champion", "victory"),
    "ghost": ("a ghost", "a spirit", "a phantom"),
    "planet": ("a planet", "mars", "the solar system"),
    "dinner": ("dinner", "supper", "a meal"),
    "justice": ("justice", "a court", "a judge"),
    "magic": ("magic", "sorcery", "a wizard"),
    "robot": ("a robot", "an android", "automation"),
    "ticket": ("a ticket", "admission", "an entry pass"),
    "sugar": ("sugar", "sweetness", "candy"),
    "thunder": ("thunder", "lightning", "a stormy sky"),
    "hotel": ("a hotel", "an inn", "a motel"),
    "library": ("a library", "books", "a bookshelf"),
    "dream": ("a dream", "sleep", "a nightmare"),
    "energy": ("energy", "electricity", "a power station"),
    "desert": ("the desert", "sand dunes", "the sahara"),
    "dragon": ("a dragon", "a monster", "a serpent"),
}

CARRIERS = (
    "where is the {} today",
    "can you see the {} from here",
    "listen, here is the {} again",
    "please find the {}",
)
"""Sentences around a spoken word: a recogniser often loses the last word of a sentence."""

VOICES = (
    "gmw/en-US",
    "gmw/en-GB-x-rp",
    "gmw/en+f3",
    "gmw/en+m1",
    "gmw/en-US+m3",
    "gmw/en-US+m7",
)
