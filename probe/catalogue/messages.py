"""The catalogue's texts, French and English; ``probe.messages`` takes them in. Ids: see there, and ``catalogue.`` for
what ``catalogue check`` finds: what is wrong, and what to do.
"""

from typing import Final

TEXTS: Final[dict[str, dict[str, str]]] = {
    # ------------------------------------------------------------------------------------------ help
    "help.country": {
        "fr": "pays de la ligne (ISO 3166-1, par exemple FR) : décide de ce qui est trop risqué à mesurer",
        "en": "country of the line (ISO 3166-1, FR for instance): decides what is too risky to measure",
    },
    "help.catalogue": {
        "fr": "le catalogue des services culturels : vérifier, montrer, contrôler sur le réseau",
        "en": "the catalogue of cultural services: check it, show it, look it up on the network",
    },
    "help.catalogue_examples": {
        "fr": "exemples :\n"
        "  isonomia-probe catalogue check\n"
        "  isonomia-probe catalogue show --country SN\n"
        "  isonomia-probe catalogue verify --service rfi --out verification.toml\n"
        "  isonomia-probe catalogue copy catalogue    le catalogue, dans un dossier à vous",
        "en": "examples:\n"
        "  isonomia-probe catalogue check\n"
        "  isonomia-probe catalogue show --country SN\n"
        "  isonomia-probe catalogue verify --service rfi --out verification.toml\n"
        "  isonomia-probe catalogue copy catalogue    the catalogue, in a folder of yours",
    },
    "help.catalogue_check": {
        "fr": "cherche les fautes de forme, les doublons et ce qui manque",
        "en": "look for faults of form, duplicates and gaps",
    },
    "help.catalogue_show": {
        "fr": "montre les services, ce que couvre le catalogue et sa version",
        "en": "show the services, what the catalogue covers and its version",
    },
    "help.catalogue_verify": {
        "fr": "contrôle noms, objets, tailles et témoins sur le réseau ; écrit la date et le résultat",
        "en": "look names, objects, sizes and controls up on the network; write date and result",
    },
    "help.catalogue_copy": {
        "fr": "copie le catalogue dans un dossier à vous, pour y ajouter des objets et des contrôles",
        "en": "copy the catalogue to a folder of yours, to add objects and look-ups there",
    },
    "help.into": {"fr": "dossier sans catalogue, à créer", "en": "a folder without a catalogue, to be made"},
    "help.verify_lab": {
        "fr": "laboratoire : fichier TOML avec [laboratory] (résolveur, autorités, port), adresses privées permises",
        "en": "laboratory: TOML file with [laboratory] (resolver, authorities, port), private addresses allowed",
    },
    "help.folder": {
        "fr": "dossier du catalogue (sinon celui du programme)",
        "en": "the catalogue's folder (else the program's own)",
    },
    "help.seat": {"fr": "services de ce pays seulement", "en": "services of this country only"},
    "help.from_country": {
        "fr": "montre aussi la classe de risque depuis ce pays",
        "en": "show the risk class from this country too",
    },
    "help.one_service": {
        "fr": "ce service seulement, à répéter",
        "en": "this service only, may be repeated",
    },
    "help.out": {
        "fr": "fichier à écrire (sinon verification.toml dans le dossier du catalogue)",
        "en": "file to write (else verification.toml in the catalogue's folder)",
    },
    # --------------------------------------------------------------------------------------- consent
    "consent.off": {
        "fr": "{service} ne sera pas mesuré depuis ce pays ({country}) : {source}.",
        "en": "{service} will not be measured from this country ({country}): {source}.",
    },
    "consent.off_unknown": {
        "fr": "{service} ne sera pas mesuré tant que le pays de la ligne n’est pas connu (join --country XX) :"
        " il est exclu ailleurs ({source}).",
        "en": "{service} will not be measured as long as the country of the line is not known (join --country XX):"
        " elsewhere it is off ({source}).",
    },
    "consent.unknown_country": {"fr": "pays inconnu", "en": "unknown country"},
    "consent.caution": {
        "fr": "Prudence ({country})\n"
        "  Nous ne connaissons pas, pour ce pays, de loi qui protège ces services sur Internet : {services}.\n"
        "  Votre fournisseur d’accès, et l’État s’il le lui demande, verront depuis votre adresse, aux heures des mesures,\n"
        "  des connexions qui portent ces noms : {names}. Ils peuvent en garder la trace, et vous en demander raison.\n"
        "  Vous pouvez refuser, et mesurer le reste. Pour dire où est la ligne : join --country XX.",
        "en": "Caution ({country})\n"
        "  We know of no law that protects these services on the Internet in this country: {services}.\n"
        "  Your Internet provider, and the state if it asks, will see connections from your address, at the times of the\n"
        "  measurements, that bear these names: {names}. They may keep a record, and ask you to account for it.\n"
        "  You can refuse, and measure the rest. To say where the line is: join --country XX.",
    },
    "consent.caution_question": {
        "fr": "Mesurer ces services-là aussi ? [o/N] ",
        "en": "Measure those services as well? [y/N] ",
    },
    # ---------------------------------------------------------------------------------------- events
    "event.risk_off": {
        "fr": "{service} n’est pas mesuré depuis ce pays ({country}) : {source}",
        "en": "{service} is not measured from this country ({country}): {source}",
    },
    "event.risk_off_unknown": {
        "fr": "{service} n’est pas mesuré tant que le pays de la ligne n’est pas connu (isonomia-probe join --country XX) :"
        " il est exclu ailleurs ({source})",
        "en": "{service} is not measured as long as the country of the line is not known (isonomia-probe join --country XX):"
        " elsewhere it is off ({source})",
    },
    "event.risk_caution": {
        "fr": "{service} attend votre accord pour ce pays ({country}) : son nom se verrait sur votre ligne."
        " Pour lire l’avertissement et l’accepter : isonomia-probe join, encore une fois.",
        "en": "{service} waits for your consent for this country ({country}): its name would show on your line."
        " To read the warning and agree: isonomia-probe join, once more.",
    },
    "event.catalogue_kept": {
        "fr": "Le catalogue de l’opérateur n’a pu être employé ({detail}) ; celui de la sonde fait foi.",
        "en": "The operator's catalogue could not be used ({detail}); the probe's own holds.",
    },
    "event.catalogue_problem": {
        "fr": "{place} : {message}",
        "en": "{place}: {message}",
    },
    "event.catalogue_checked": {
        "fr": "Catalogue {version} : {services} services, {countries} pays, {languages} langues, {problems} faute(s).",
        "en": "Catalogue {version}: {services} services, {countries} countries, {languages} languages, {problems} fault(s).",
    },
    "event.catalogue_entry": {
        "fr": "{id} · {name} · {country} · {language_list} · {sector_name} · {host_list}{risk_shown}{checked}",
        "en": "{id} · {name} · {country} · {language_list} · {sector_name} · {host_list}{risk_shown}{checked}",
    },
    "event.catalogue_coverage": {
        "fr": "Catalogue {version} : {services} services, {names} noms, {verified} contrôlés sur le réseau.\n"
        "Pays : {countries}\nLangues : {languages}\nSecteurs : {sectors}\nOrigines : {origins}",
        "en": "Catalogue {version}: {services} services, {names} names, {verified} looked up on the network.\n"
        "Countries: {countries}\nLanguages: {languages}\nSectors: {sectors}\nOrigins: {origins}",
    },
    "event.catalogue_looked_up": {
        "fr": "{id} : {result}",
        "en": "{id}: {result}",
    },
    "event.catalogue_written": {
        "fr": "{looked_up} service(s) contrôlé(s), {good} sans faute. Écrit : {path}",
        "en": "{looked_up} service(s) looked up, {good} without fault. Written: {path}",
    },
    "event.catalogue_copied": {
        "fr": "Catalogue {version} : {services} services. Copié : {path}",
        "en": "Catalogue {version}: {services} services. Copied: {path}",
    },
    # ---------------------------------------------------------------------------------------- errors
    "error.catalogue_there": {
        "fr": "{folder} contient déjà un catalogue. Donnez un autre dossier, ou travaillez sur celui-là avec --folder",
        "en": "{folder} holds a catalogue already. Give another folder, or work on that one with --folder",
    },
    "error.service_off": {
        "fr": "« {service} » n’est pas mesuré depuis ce pays ({country}) : {source}. Personne ne peut lever cette règle",
        "en": '"{service}" is not measured from this country ({country}): {source}. Nobody can lift this rule',
    },
    "error.service_off_unknown": {
        "fr": "« {service} » n’est pas mesuré tant que le pays de la ligne n’est pas connu : il est exclu ailleurs ({source})."
        " Dites-le : isonomia-probe join, encore une fois, avec --country XX",
        "en": '"{service}" is not measured as long as the country of the line is not known: elsewhere it is off ({source}).'
        " Say it: isonomia-probe join, once more, with --country XX",
    },
    "error.service_caution": {
        "fr": "« {service} » attend votre accord pour ce pays ({country})."
        " Lisez l’avertissement et acceptez-le : isonomia-probe join, encore une fois",
        "en": '"{service}" waits for your consent for this country ({country}).'
        " Read the warning and agree: isonomia-probe join, once more",
    },
    "error.nothing_permitted": {
        "fr": "rien de ce plan ne se mesure depuis ce pays ({country}) : trop risqué, ou sans votre accord à l’avertissement."
        " Pour le lire : isonomia-probe join, encore une fois, avec --country si le pays est inconnu",
        "en": "nothing of this plan is measured from this country ({country}): too risky, or without your yes to the warning."
        " To read it: isonomia-probe join, once more, with --country where the country is unknown",
    },
    "error.catalogue_faulty": {
        "fr": "le catalogue de {folder} a {problems} faute(s). Corrigez ce qui est dit plus haut, puis recommencez",
        "en": "the catalogue in {folder} has {problems} fault(s). Correct what is said above, then try again",
    },
    "error.catalogue_unknown_service": {
        "fr": "le catalogue n’a pas de service « {service} ». Cherchez-le avec : isonomia-probe catalogue show",
        "en": 'the catalogue has no service "{service}". Look for it with: isonomia-probe catalogue show',
    },
    "usage.country": {
        "fr": "« {typed} » n’est pas un code de pays ISO 3166-1 à deux lettres, comme FR ou SN",
        "en": '"{typed}" is no two-letter country code of ISO 3166-1, such as FR or SN',
    },
    # --------------------------------------------------------------------------------- catalogue check
    "catalogue.unreadable": {
        "fr": "fichier illisible ({detail}) ; vérifiez qu’il existe et ses droits",
        "en": "cannot be read ({detail}); check that it exists and its rights",
    },
    "catalogue.not_toml": {
        "fr": "ce n’est pas du TOML : {detail} ; corrigez la syntaxe",
        "en": "not TOML: {detail}; correct the syntax",
    },
    "catalogue.empty": {
        "fr": "aucun service ; ajoutez un fichier TOML avec des blocs [[service]]",
        "en": "no services; add a TOML file with [[service]] blocks",
    },
    "catalogue.unknown_field": {
        "fr": "champ inconnu « {detail} » ; corrigez son nom ou retirez-le",
        "en": "unknown field “{detail}”; correct its name or take it out",
    },
    "catalogue.wrong_value": {
        "fr": "valeur ou champ manquant : {detail} ; corrigez-le (probe/catalogue/entries.py dit la forme)",
        "en": "wrong or missing value: {detail}; correct it (probe/catalogue/entries.py tells the form)",
    },
    "catalogue.bad_country": {
        "fr": "« {detail} » n’est pas un pays d’ISO 3166-1 ; écrivez son code à deux lettres",
        "en": "“{detail}” is no country of ISO 3166-1; write its two-letter code",
    },
    "catalogue.bad_language": {
        "fr": "« {detail} » n’est pas une étiquette BCP 47 ; écrivez par exemple fr, fr-CA ou zh-Hant",
        "en": "“{detail}” is no BCP 47 tag; write fr, fr-CA or zh-Hant for instance",
    },
    "catalogue.bad_host": {
        "fr": "« {detail} » n’est pas un nom d’hôte ; écrivez-le en minuscules, sans https:// ni chemin",
        "en": "“{detail}” is no host name; write it in small letters, without https:// or path",
    },
    "catalogue.twice_in_entry": {
        "fr": "« {detail} » y figure deux fois ; retirez-en un",
        "en": "“{detail}” stands there twice; take one out",
    },
    "catalogue.rate_without_source": {
        "fr": "best_bit_s et best_source vont ensemble ; dites d’où vient le débit, ou retirez les deux",
        "en": "best_bit_s and best_source go together; say where the rate comes from, or take both out",
    },
    "catalogue.verified_by_hand": {
        "fr": "« verified » ne s’écrit pas à la main ; laissez false et lancez isonomia-probe catalogue verify",
        "en": "“verified” is not written by hand; leave it false and run isonomia-probe catalogue verify",
    },
    "catalogue.control_without_object": {
        "fr": "un témoin ({detail}) sans objet à lui comparer ; ajoutez l’objet, ou retirez le témoin",
        "en": "a control ({detail}) without an object to compare; add the object, or take the control out",
    },
    "catalogue.object_without_control": {
        "fr": "un objet sans témoin apparié ; ajoutez-en un avec la raison de l’appariement, ou retirez l’objet",
        "en": "an object without a matched control; add one with the reason why it matches, or take the object out",
    },
    "catalogue.bad_object": {
        "fr": "« {detail} » n’est pas une adresse https://hôte/chemin ; corrigez-la",
        "en": "“{detail}” is no https://host/path address; correct it",
    },
    "catalogue.head_missing": {
        "fr": "{detail} a plus de 1 000 000 octets et son empreinte ne peut être comparée entière ; ajoutez head_sha256, celle de ses"
        " 1 000 000 premiers octets, ou retirez sha256",
        "en": "{detail} has more than 1,000,000 bytes, so that its hash cannot be compared whole; add head_sha256, that of its first"
        " 1,000,000 bytes, or take sha256 out",
    },
    "catalogue.head_of_a_short_one": {
        "fr": "{detail} n’a pas plus de 1 000 000 octets ; retirez head_sha256, et donnez sha256 s’il ne change jamais",
        "en": "{detail} has no more than 1,000,000 bytes; take head_sha256 out, and give sha256 if it never changes",
    },
    "catalogue.object_elsewhere": {
        "fr": "l’objet {detail} n’est pas sous un nom du service ; ajoutez ce nom, ou choisissez un autre objet",
        "en": "the object {detail} is not under a name of the service; add the name, or choose another object",
    },
    "catalogue.control_at_home": {
        "fr": "le témoin {detail} est sous un nom du service même ; choisissez-en un ailleurs",
        "en": "the control {detail} is under a name of the service itself; choose one elsewhere",
    },
    "catalogue.control_crowded": {
        "fr": "{detail} sert déjà de témoin à {most} services ; chaque foyer le solliciterait d’autant : choisissez-en un autre",
        "en": "{detail} is the control of {most} services already, and every home would ask it as often; choose another",
    },
    "catalogue.id_twice": {
        "fr": "cet id figure déjà dans {detail} ; donnez-en un autre ou retirez l’entrée",
        "en": "this id stands in {detail} already; give another one or take the entry out",
    },
    "catalogue.host_twice": {
        "fr": "le nom {detail} est déjà celui de « {other} » ; un nom ne désigne qu’un service",
        "en": "the name {detail} is that of “{other}” already; a name marks one service only",
    },
    "catalogue.control_is_service": {
        "fr": "le nom témoin {detail} est celui du service « {other} » ; retirez-le des témoins",
        "en": "the control name {detail} is that of the service “{other}”; take it out of the controls",
    },
    "catalogue.bad_label": {
        "fr": "« {detail} » n’est pas une étiquette de nom d’hôte ; lettres minuscules, chiffres et traits d’union",
        "en": "“{detail}” is no label of a host name; small letters, digits and hyphens",
    },
    "catalogue.control_twice": {
        "fr": "« {detail} » y figure deux fois ; retirez-en un",
        "en": "“{detail}” stands there twice; take one out",
    },
    "catalogue.control_lengths": {
        "fr": "{count} nom(s) témoin(s) connu(s) d’environ {length} lettres pour {detail} ; il en faut de 2 à 64"
        " à deux lettres près",
        "en": "{count} popular control name(s) of about {length} letters for {detail}; 2 to 64 are needed"
        " within two letters",
    },
    "catalogue.risk_twice": {
        "fr": "{detail} a déjà une classe, en {other} ; n’en gardez qu’une",
        "en": "{detail} has a class already, in {other}; keep one",
    },
    "catalogue.risk_unknown_service": {
        "fr": "aucun service « {detail} » dans le catalogue ; corrigez l’id ou retirez-le de la ligne",
        "en": "no service “{detail}” in the catalogue; correct the id or take it out of the line",
    },
    "catalogue.date_ahead": {
        "fr": "la date {detail} est dans l’avenir ; corrigez-la",
        "en": "the date {detail} is ahead; correct it",
    },
    "catalogue.record_unknown": {
        "fr": "contrôle d’un service « {detail} » que le catalogue n’a pas ; relancez catalogue verify",
        "en": "a look-up of a service “{detail}” that the catalogue does not have; run catalogue verify again",
    },
    "catalogue.record_stale": {
        "fr": "l’entrée a changé depuis son contrôle du {detail} ; relancez catalogue verify pour elle",
        "en": "the entry has changed since its look-up of {detail}; run catalogue verify for it again",
    },
    "catalogue.few_services": {
        "fr": "{count} services, il en faut {least} ; ajoutez-en",
        "en": "{count} services, {least} are needed; add some",
    },
    "catalogue.few_countries": {
        "fr": "{count} pays, il en faut {least} ; ajoutez des services d’ailleurs",
        "en": "{count} countries, {least} are needed; add services from elsewhere",
    },
    "catalogue.few_languages": {
        "fr": "{count} langues, il en faut {least} ; ajoutez des services dans d’autres langues",
        "en": "{count} languages, {least} are needed; add services in other languages",
    },
    "catalogue.language_missing": {
        "fr": "aucun service dans la langue « {detail} » ; ajoutez-en un",
        "en": "no service in the language “{detail}”; add one",
    },
    "catalogue.sector_missing": {
        "fr": "aucun service du secteur « {detail} » (domaine {domain} de l’UNESCO) ; ajoutez-en un",
        "en": "no service of the sector “{detail}” (UNESCO domain {domain}); add one",
    },
    "catalogue.kind_missing": {
        "fr": "aucun service du genre « {detail} » ; ajoutez-en un",
        "en": "no service of kind “{detail}”; add one",
    },
    "catalogue.origin_missing": {
        "fr": "aucun service d’origine « {detail} » ; ajoutez-en un",
        "en": "no service of origin “{detail}”; add one",
    },
}
