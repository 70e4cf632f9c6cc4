"""Words of ``isonomia-collector seal`` and of the archive, French and English."""

from typing import Final, Literal

ARCHIVE: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "cli.seal": {
        "fr": "scelle les heures closes dans l’archive (Parquet)",
        "en": "seal closed hours into the archive (Parquet)",
    },
    "cli.archive": {
        "fr": "dossier ou URL (s3://seau/préfixe) de l’archive ; retenu ; sans cela, DOSSIER/archive",
        "en": "folder or URL (s3://bucket/prefix) of the archive; remembered; else DIR/archive",
    },
    "cli.once": {"fr": "une fois, puis termine (par défaut)", "en": "once, then end (the default)"},
    "cli.every": {
        "fr": "recommence toutes les N secondes, jusqu’à SIGTERM",
        "en": "again every N seconds, until SIGTERM",
    },
    "cli.keep_days": {
        "fr": "efface les mesures scellées depuis plus de N jours ; les empreintes publiées restent (sans cela : rien n’est effacé)",
        "en": "delete documents sealed more than N days ago; the published hashes stay (without it, nothing is deleted)",
    },
    "cli.sealed": {
        "fr": "Scellés : {sealed} heure(s), {documents} document(s), {hot_bytes} octets devenus {archive_bytes}\n  encore ouvertes par le collecteur : {in_use}\n  abîmées, laissées en place : {damaged}\n  effacées, leur durée passée : {deleted} ; récrites après un retrait : {rewritten}\n  scellés en tout : {seals} ; repris de l’archive : {fetched}, et {plans} plan(s)\n  mémoire au plus haut : {peak_rss_mb} Mo\n  archive : {archive}",
        "en": "Sealed: {sealed} hour(s), {documents} document(s), {hot_bytes} bytes became {archive_bytes}\n  still open in the collector: {in_use}\n  damaged, left where they are: {damaged}\n  deleted, their time over: {deleted}; written anew after a withdrawal: {rewritten}\n  seals in all: {seals}; fetched from the archive: {fetched}, and {plans} plan(s)\n  memory at its peak: {peak_rss_mb} MB\n  archive: {archive}",
    },
    "cli.verify": {
        "fr": "relit aussi toute l’archive : têtes, racines recalculées sur les listes d’empreintes, fichiers",
        "en": "read the whole archive again as well: heads, roots computed anew from the lists of hashes, files",
    },
    "cli.verified": {
        "fr": "Vérifiés : {seals} scellé(s), {faults} faute(s)",
        "en": "Verified: {seals} seal(s), {faults} fault(s)",
    },
    "cli.seal_stopped": {
        "fr": "Scelleur arrêté ; rien n’est à moitié fait qui compte.",
        "en": "Sealer stopped; nothing half-done counts.",
    },
    "seal.in_use": {
        "fr": "{data} : un autre scelleur est à l’œuvre dans ce dossier ; celui-ci s’arrête, rien n’est perdu",
        "en": "{data}: another sealer is at work in this folder; this one stops, nothing is lost",
    },
    "seal.storage": {
        "fr": "{url} : l’archive ou le disque refuse ({detail}) ; les fichiers d’heure restent ; faites de la place ou rétablissez l’accès, puis relancez",
        "en": "{url}: the archive or the disk refuses ({detail}); the hour files stay; make room or restore access, then run again",
    },
    "seal.wrong_hash": {
        "fr": "{path} : le document {detail} n’a pas l’empreinte qui le nomme ; ce fichier n’est pas scellé ; gardez-en une copie et remettez la sauvegarde",
        "en": "{path}: document {detail} does not have the hash it is named after; this file is not sealed; keep a copy and restore the backup",
    },
    "seal.differs": {
        "fr": "{path} : ce que l’archive rend n’est pas ce qui fut écrit ({detail}) ; le fichier d’heure reste ; vérifiez le support, puis relancez",
        "en": "{path}: what the archive gives back is not what was written ({detail}); the hour file stays; check the storage, then run again",
    },
    "seal.bad_head": {
        "fr": "{path} : tête de scellé illisible, ou non signée par la clé de cet opérateur ({detail}) ; remettez la sauvegarde, ou effacez la copie locale et relancez « seal »",
        "en": "{path}: head of a seal unreadable, or not signed by this operator’s key ({detail}); restore the backup, or delete the local copy and run “seal”",
    },
    "seal.broken_chain": {
        "fr": "{path} : cette tête de scellé n’est pas celle qui fut publiée : elle ne suit pas la précédente, ou sa racine a changé ; rien n’est ajouté au registre ; remettez la sauvegarde",
        "en": "{path}: this head of a seal is not the one that was published: it does not follow the one before, or its root has changed; nothing is added to the log; restore the backup",
    },
    "seal.bad_leaves": {
        "fr": "{path} : cette liste d’empreintes n’est pas celle dont la tête signe la racine ({detail}) ; remettez la sauvegarde de l’archive",
        "en": "{path}: this list of hashes is not the one whose root the head signs ({detail}); restore the archive’s backup",
    },
    "seal.bad_part": {
        "fr": "{path} : ce fichier de l’archive n’est pas celui que nomme sa tête ({detail}) ; remettez la sauvegarde de l’archive",
        "en": "{path}: this file of the archive is not the one that its head names ({detail}); restore the archive’s backup",
    },
    "seal.bad_index": {
        "fr": "{path} : index de scellé abîmé ({detail}) ; relancez « isonomia-collector seal », qui le refait depuis l’archive, ou l’enlève si ses documents n’y sont plus",
        "en": "{path}: index of a seal damaged ({detail}); run “isonomia-collector seal”, which makes it anew from the archive, or removes it where its documents are gone",
    },
    "seal.foreign_archive": {
        "fr": "{path} n’existe pas, alors que {data} connaît ce scellé : est-ce la bonne archive ? rien n’y est écrit",
        "en": "{path} is not there, yet {data} knows that seal: is this the right archive? nothing is written to it",
    },
    "seal.gap": {
        "fr": "{path} : il manque un scellé dans la suite ; remettez la sauvegarde de l’archive",
        "en": "{path}: a seal is missing in the row; restore the archive’s backup",
    },
    "archive.extra": {
        "fr": "l’archive demande {detail} ; installez l’option : pip install 'isonomia[archive]'",
        "en": "the archive needs {detail}; install the extra: pip install 'isonomia[archive]'",
    },
    "archive.bad_url": {
        "fr": "--archive {url} : ni un dossier ni une adresse connue ({detail})",
        "en": "--archive {url}: neither a folder nor an address we know ({detail})",
    },
    "archive.elsewhere": {
        "fr": "--archive {url} : l’archive de ce dossier est à {noted} ; pour la déplacer, copiez-la, puis effacez {path}",
        "en": "--archive {url}: this folder’s archive is at {noted}; to move it, copy it, then delete {path}",
    },
    "archive.missing": {
        "fr": "{path} : cette partie de l’archive manque ; remettez la sauvegarde",
        "en": "{path}: this part of the archive is missing; restore the backup",
    },
    "archive.unreadable": {
        "fr": "{path} : lecture impossible ({detail}) ; rétablissez l’accès à l’archive ou remettez la sauvegarde",
        "en": "{path}: cannot be read ({detail}); restore access to the archive or its backup",
    },
}
