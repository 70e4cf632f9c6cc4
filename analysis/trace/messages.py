"""The texts of ``isonomia-analysis trace``: one id, French and English. ``analysis.messages`` holds them with the others."""

from typing import Final

from analysis.words import Language

_COMMAND: Final[dict[str, dict[Language, str]]] = {
    "trace.help": {
        "fr": "juge une capture de paquets : policer, file d’attente, pertes, débit et réserve",
        "en": "judge a packet capture: policer, queue, loss, rate and bucket",
    },
    "trace.about": {
        "fr": """Dit, pour chaque bloc transféré d’une capture, ce qui l’a limité.

Une capture se prend du côté de l’émetteur, avant l’équipement soupçonné, par exemple :
  tcpdump -i eth0 -s 100 -w essai.pcap tcp port 443
100 octets par paquet suffisent : seuls les en-têtes sont lus. Il faut les accusés de réception, et au moins
15 pertes dans un bloc (2 Mo au-dessus du débit permis y suffisent d’ordinaire). Pendant l’essai, rien d’autre vers la même
adresse, ou bien tout dans la capture : une limite partagée avec du trafic invisible ressemble au hasard.""",
        "en": """Says, for each chunk transferred in a capture, what limited it.

Take the capture at the sender, before the equipment in question, for example:
  tcpdump -i eth0 -s 100 -w trial.pcap tcp port 443
100 bytes a packet suffice: only headers are read. The acknowledgements must be there, and at least 15 losses in a
chunk (2 MB above the rate allowed usually bring them). During the trial send nothing else to the same address, or
have all of it in the capture.""",
    },
    "trace.more": {
        "fr": """mécanismes :
  policer   les pertes tombent quand un seau à jetons est vide, et ce qui passe n’attend pas
  shaper    une rafale passe sans attendre, puis une file se vide à débit constant
  queue     une file à débit constant : limiteur ou simplement la ligne, une capture seule ne les distingue pas
  loss      des pertes sans rapport avec la charge que montre la capture
  unknown   le champ « rule » dit ce qui manque
exemples :
  isonomia-analysis trace essai.pcap
  isonomia-analysis trace essai.pcap.xz --json | jq '.chunks[] | [.mechanism, .rate_mbit_s]'
Formats : pcap (µs ou ns) et pcapng, tels quels ou en .xz ou .gz ; Ethernet, « any » de Linux, bouclage, IP brut.""",
        "en": """mechanisms:
  policer   packets are lost when a token bucket is empty, and those that pass do not wait
  shaper    a burst passes without waiting, then a queue drains at a constant rate
  queue     a queue at a constant rate: a shaper or simply the line, one capture cannot tell which
  loss      losses that have nothing to do with the load the capture shows
  unknown   the field "rule" says what is missing
examples:
  isonomia-analysis trace trial.pcap
  isonomia-analysis trace trial.pcap.xz --json | jq '.chunks[] | [.mechanism, .rate_mbit_s]'
Formats: pcap (µs or ns) and pcapng, plain or as .xz or .gz; Ethernet, Linux "any", loopback, raw IP.""",
    },
    "trace.file": {"fr": "la capture", "en": "the capture"},
}

_FAULT: Final[dict[str, dict[Language, str]]] = {
    "trace.cannot_read": {
        "fr": "{path} : lecture impossible ({detail})",
        "en": "{path}: cannot be read ({detail})",
    },
    "trace.empty": {
        "fr": "{path} : fichier vide ; la capture a-t-elle été arrêtée avant le premier paquet ?",
        "en": "{path}: empty file; was the capture stopped before the first packet?",
    },
    "trace.not_a_capture": {
        "fr": "{path}, octet 0 : ni pcap ni pcapng (commence par {start} ; {detail}) ; donnez ce que tcpdump -w ou dumpcap a écrit",
        "en": "{path}, offset 0: neither pcap nor pcapng (begins with {start}; {detail}); give what tcpdump -w or dumpcap wrote",
    },
    "trace.link_type": {
        "fr": "{path} : type de liaison {number} inconnu ici ; capturez sur Ethernet ou « any », ou convertissez : editcap -T ether",
        "en": "{path}: link type {number} is not known here; capture on Ethernet or “any”, or convert: editcap -T ether",
    },
    "trace.too_long": {
        "fr": "{path}, octet {offset} : un enregistrement y annonce {size} octets, le fichier est abîmé ; gardez ce qui précède : editcap -c, ou capturez à nouveau",
        "en": "{path}, offset {offset}: a record there claims {size} bytes, the file is damaged; keep what is before it: editcap -c, or capture again",
    },
    "trace.damaged": {
        "fr": "{path}, octet {offset} (décompressé) : {detail} ; le fichier est abîmé, reprenez-en une copie entière",
        "en": "{path}, offset {offset} (uncompressed): {detail}; the file is damaged, fetch a whole copy of it",
    },
    "trace.without_times": {
        "fr": "{path}, octet {offset} : des paquets sans heure (« simple packet blocks ») ; sans heures rien n’est jugeable, capturez avec tcpdump ou dumpcap",
        "en": "{path}, offset {offset}: packets without times (simple packet blocks); without times nothing can be judged, capture with tcpdump or dumpcap",
    },
    "trace.backwards": {
        "fr": "{path}, octet {offset} : l’heure recule de {seconds} s ; remettez les paquets en ordre : reordercap",
        "en": "{path}, offset {offset}: time runs back by {seconds} s; put the packets in order: reordercap",
    },
    "trace.too_many": {
        "fr": "{path} : plus de {most} segments ; coupez la capture : editcap -i 600, ou filtrez une adresse",
        "en": "{path}: more than {most} segments; cut the capture: editcap -i 600, or filter one address",
    },
    "trace.too_many_connections": {
        "fr": "{path} : plus de {most} connexions ; filtrez une adresse : tcpdump -r … -w … host …",
        "en": "{path}: more than {most} connections; filter one address: tcpdump -r … -w … host …",
    },
}

_REPORT: Final[dict[str, dict[Language, str]]] = {
    "trace.head": {
        "fr": "{capture} : {packets} paquets, {chunks} blocs jugés",
        "en": "{capture}: {packets} packets, {chunks} chunks judged",
    },
    "trace.chunk": {
        "fr": "À {at} s, {source} → {destination}, {bytes} :",
        "en": "At {at} s, {source} → {destination}, {bytes}:",
    },
    "trace.small": {
        "fr": "Trop petits pour être jugés : {count} blocs.",
        "en": "Too small to be judged: {count} chunks.",
    },
    "trace.copies": {
        "fr": "Paquets vus deux fois (deux interfaces, port miroir), comptés une fois : {count}.",
        "en": "Packets seen twice (two interfaces, a mirror port), counted once: {count}.",
    },
    "trace.cut_short": {
        "fr": "Le dernier enregistrement est coupé ; ce qui le précède a été jugé.",
        "en": "The last record is cut off; what is before it was judged.",
    },
    "trace.limits": {
        "fr": "Une capture dit ce que le chemin a fait, ni qui, ni pourquoi, ni si un autre trafic est mieux traité : pour cela il faut un témoin.",
        "en": "A capture says what the path did, not who, nor why, nor whether other traffic fares better: that takes a control.",
    },
    "trace.rule.behind_the_loss": {
        "fr": "indéterminé : la capture a été prise après l’endroit des pertes ; prenez-la du côté de l’émetteur.",
        "en": "undetermined: the capture was taken behind the place of the losses; take it at the sender.",
    },
    "trace.rule.no_answers": {
        "fr": "indéterminé : la capture ne contient pas les accusés de réception ; capturez les deux sens.",
        "en": "undetermined: the capture holds no acknowledgements; capture both directions.",
    },
    "trace.rule.bucket_then_queue": {
        "fr": "limiteur à file (shaper) à {rate} Mbit/s {rates} : {bucket} passent d’un coup, puis les paquets attendent ; {losses} pertes, file pleine.",
        "en": "shaper at {rate} Mbit/s {rates}: {bucket} pass at once, then packets wait; {losses} losses, of a full queue.",
    },
    "trace.rule.bucket_is_a_queue": {
        "fr": "file d’attente à {rate} Mbit/s {rates}, pleine à {bucket} ({losses} pertes sur {packets}) : limiteur, ou simplement la ligne ; cette capture ne les distingue pas.",
        "en": "a queue at {rate} Mbit/s {rates}, full at {bucket} ({losses} losses of {packets}): a shaper, or simply the line; this capture cannot tell which.",
    },
    "trace.rule.empty_bucket": {
        "fr": "policer à {rate} Mbit/s {rates}, réserve {bucket} : {losses} pertes sur {packets} ({share}) ; un seau à jetons vide explique à {explained} quand elles tombent, et ce qui passait n’a attendu que {waited} de ce qu’une file aurait demandé.",
        "en": "policer at {rate} Mbit/s {rates}, bucket {bucket}: {losses} losses of {packets} ({share}); an empty token bucket explains when they fell to {explained}, and what passed waited only {waited} of what a queue would have taken.",
    },
    "trace.rule.as_the_others": {
        "fr": "policer à {rate} Mbit/s {rates}, réserve {bucket} : {losses} pertes sur {packets} ({share}), d’un seul moment, mais au débit et à la réserve que d’autres blocs établissent seuls ; ce qui passait n’a attendu que {waited} de ce qu’une file aurait demandé.",
        "en": "policer at {rate} Mbit/s {rates}, bucket {bucket}: {losses} losses of {packets} ({share}), of one moment, but at the rate and bucket that other chunks establish by themselves; what passed waited only {waited} of what a queue would have taken.",
    },
    "trace.rule.one_moment": {
        "fr": "indéterminé : {losses} pertes d’un seul moment ; un seau à jetons les expliquerait, d’autres causes aussi.",
        "en": "undetermined: {losses} losses of one moment; a token bucket would explain them, and so would other causes.",
    },
    "trace.rule.noise_hides_waiting": {
        "fr": "indéterminé : un seau à jetons ou une file pleine expliquent les {losses} pertes, et les temps d’aller-retour ne les départagent pas.",
        "en": "undetermined: a token bucket or a full queue explain the {losses} losses, and round trips do not tell which.",
    },
    "trace.rule.allowance_then_queue": {
        "fr": "limiteur à file (shaper) à {rate} Mbit/s {rates} : {bucket} passent d’un coup, puis les paquets attendent.",
        "en": "shaper at {rate} Mbit/s {rates}: {bucket} pass at once, then packets wait.",
    },
    "trace.rule.constant_rate_queue": {
        "fr": "file d’attente à {rate} Mbit/s {rates}, {losses} pertes sur {packets} : limiteur, ou simplement la ligne ; cette capture ne les distingue pas.",
        "en": "a queue at {rate} Mbit/s {rates}, {losses} losses of {packets}: a shaper, or simply the line; this capture cannot tell which.",
    },
    "trace.rule.few_losses": {
        "fr": "indéterminé : {losses} pertes sur {packets}, il en faudrait 15, et pas d’attente à débit constant ; aucune limite ne se montre.",
        "en": "undetermined: {losses} losses of {packets}, 15 would be needed, and no waiting at a constant rate; no limit shows.",
    },
    "trace.rule.unrelated_losses": {
        "fr": "pertes ({losses} sur {packets}, {share}) sans rapport avec la charge que montre la capture : un seau à jetons n’explique qu’à {explained} quand elles tombent. Hasard, ou limite partagée avec du trafic qui n’y est pas.",
        "en": "losses ({losses} of {packets}, {share}) unrelated to the load that the capture shows: a token bucket explains when they fell to {explained} only. Chance, or a limit shared with traffic that is not in it.",
    },
    "trace.rule.otherwise": {
        "fr": "indéterminé : {losses} pertes sur {packets}, qu’un seau à jetons n’explique qu’à {explained}.",
        "en": "undetermined: {losses} losses of {packets}, which a token bucket explains to {explained} only.",
    },
}

TRACE: Final = {**_COMMAND, **_FAULT, **_REPORT}
