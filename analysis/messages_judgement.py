"""Texts of gates, grades, certificates, verification and states: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

GATES: Final[dict[str, dict[Language, str]]] = {
    "say.negative_failed": {
        "fr": "Nos témoins comparés entre eux diffèrent : l’instrument lui-même est en cause, et rien ne peut en être conclu.",
        "en": "Our control names, compared with each other, differ: the instrument itself is at fault, and nothing can be concluded.",
    },
    "say.negative_unknown": {
        "fr": "Les témoins comparés entre eux ne suffisent pas encore à écarter un biais de l’instrument : il n’y a donc pas de constat. Il en faut une centaine de paires dans chaque sens, d’au moins six foyers.",
        "en": "Control names compared with each other do not yet suffice to rule out a bias of the instrument, so there is no finding. That takes about a hundred such pairs in each direction, from six homes at least.",
    },
    "say.placebo_failed": {
        "fr": "Des noms que personne n’a de raison de traiter autrement (placebos) diffèrent aussi, plus souvent que prévu : rien ne peut être conclu.",
        "en": "Names that nobody has a reason to treat differently (placebos) differ too, more often than allowed for: nothing can be concluded.",
    },
    "say.placebo_unknown": {
        "fr": "Les placebos déposés n’ont pas encore été assez mesurés : il n’y a donc pas de constat.",
        "en": "The registered placebos have not been measured enough yet, so there is no finding.",
    },
    "say.positive_failed": {
        "fr": "Le bridage que nous imposons nous-mêmes à un de nos noms n’a pas été retrouvé : la mesure est en défaut, et rien ne peut être conclu.",
        "en": "The throttle that we put on a name of our own was not found: the measuring is at fault, and nothing can be concluded.",
    },
    "say.neutral_unknown": {
        "fr": "Sur ce réseau, il n’est pas encore montré que les noms témoins sont traités de même : il n’y a donc pas de constat.",
        "en": "On this network it is not yet shown that control names are treated alike, so there is no finding.",
    },
    "say.carry_over": {
        "fr": "L’effet change de sens selon le transfert qui vient en premier : c’est la place qui compte et non le nom, il n’y a donc pas de constat.",
        "en": "The effect turns with which run comes first: it is the place that counts and not the name, so there is no finding.",
    },
    "say.weaker_in_one_order": {
        "fr": "L’effet est plus faible quand l’original passe en premier ou en second : un équipement se souvient peut-être de la ligne.",
        "en": "The effect is weaker when the original comes first, or second: a box may remember the line.",
    },
    "table.gate_pairs": {
        "fr": "Paires des contrôles déposés (hors hypothèses) : {count}",
        "en": "Pairs of registered gates (no hypotheses): {count}",
    },
    "table.alert": {
        "fr": "Alerte interne entre deux dates de rapport : {cell} (E ≥ 20) ; mesurez davantage, ne publiez rien.",
        "en": "Internal alert between report dates: {cell} (E ≥ 20); measure more, publish nothing.",
    },
}

GRADES: Final[dict[str, dict[Language, str]]] = {
    "say.grade_3": {
        "fr": "Degré 3 sur 4 : le constat tient sur les seuls foyers vérifiés, face à chaque sorte de témoin, sans aucun canal de recrutement pris à part, et par un second test.",
        "en": "Grade 3 of 4: the finding stands on vetted homes alone, against each kind of control, without any one recruitment channel, and by a second test.",
    },
    "say.grade_4": {
        "fr": "Degré 4 sur 4 : il tient de plus dans deux moitiés des foyers, vers le répondeur d’un autre exploitant, et il est montré absent sur le réseau d’un autre fournisseur.",
        "en": "Grade 4 of 4: it also stands in two halves of the homes, towards another operator’s responder, and is shown to be absent on another provider’s network.",
    },
    "say.nameable": {
        "fr": "Si aucun réseau de ce rapport ne traitait un service de façon inégale au-delà de nos marges ({hypotheses} hypothèses examinées ensemble), la chance ne serait-ce que d’un seul résultat pareil serait d’au plus 1 % ; cela suppose un témoin neutre et au plus {rho} de foyers dont le matériel propre ferait la différence.",
        "en": "If no network in this report treated any service unequally beyond our limits ({hypotheses} hypotheses examined together), the chance of even one such result would be at most 1%; this assumes a neutral control and at most {rho} of homes whose own kit makes the difference.",
    },
    "say.wanting": {
        "fr": "Il manque au degré 3 : {list}.",
        "en": "Wanting for grade 3: {list}.",
    },
    "check.first_registration": {
        "fr": "un premier dépôt du trimestre",
        "en": "a first registration of the quarter",
    },
    "check.one_family": {
        "fr": "le seuil parmi toutes les hypothèses déposées pour le trimestre",
        "en": "the bar among all hypotheses registered for the quarter",
    },
    "check.responder_keys": {
        "fr": "les clés des répondeurs au dépôt",
        "en": "the responders’ keys in the registration",
    },
    "check.report_date": {"fr": "une date de rapport déposée", "en": "a registered report date"},
    "check.vetted_homes": {"fr": "assez de foyers vérifiés", "en": "enough vetted homes"},
    "check.channels": {"fr": "deux canaux de recrutement", "en": "two recruitment channels"},
    "check.vetted_alone": {
        "fr": "le seuil sur les seuls foyers vérifiés",
        "en": "the bar on vetted homes alone",
    },
    "check.without_any_channel": {
        "fr": "le même résultat sans un canal de recrutement quelconque",
        "en": "the same result without any one recruitment channel",
    },
    "check.owned": {"fr": "E ≥ 20 face à nos noms", "en": "E ≥ 20 against names of ours"},
    "check.spoofed_popular": {"fr": "E ≥ 20 face aux noms connus", "en": "E ≥ 20 against popular names"},
    "check.rho": {"fr": "une marge de 5 % de foyers singuliers", "en": "room for 5% of odd homes"},
    "check.effect": {"fr": "un effet au-delà de la marge", "en": "an effect beyond the margin"},
    "check.order": {"fr": "un effet pareil dans les deux ordres", "en": "an effect alike in both orders"},
    "check.gates": {
        "fr": "les quatre contrôles déposés et réussis (le négatif demande une centaine de paires dans chaque sens)",
        "en": "the four gates registered and passed (the negative one takes about a hundred pairs in each direction)",
    },
    "check.digests": {"fr": "les relevés de tickets", "en": "ticket digests"},
    "check.second_test": {"fr": "le second test", "en": "the second test"},
    "check.nothing_contrary": {"fr": "l’absence d’indice contraire", "en": "nothing to the contrary"},
    "check.pace": {"fr": "le débit de catalogue atteint", "en": "the catalogue pace reached"},
    "check.positive_control": {
        "fr": "notre propre bridage retrouvé les mêmes semaines, dans le même sens",
        "en": "our own throttle found in the same weeks and direction",
    },
    "check.responder_networks": {
        "fr": "assez de paires vers des répondeurs de deux réseaux, dont un non publié",
        "en": "enough pairs towards responders in two networks, one unpublished",
    },
    "check.failures": {
        "fr": "l’assurance que les originaux n’échouent pas plus souvent que les témoins",
        "en": "assurance that originals fail no more often than controls",
    },
    "check.proved": {"fr": "une preuve suffisante", "en": "sufficient proof"},
}

CERTIFICATES: Final[dict[str, dict[Language, str]]] = {
    "say.equivalent": {
        "fr": "Les échanges qui portent le nom de {service} n’ont pas été ralentis de plus de {margin} au-dessous de {pace} Mbit/s ({cell}, {transport}, du {first} au {last}).",
        "en": "Traffic bearing the name of {service} was not slowed by more than {margin} below {pace} Mbit/s ({cell}, {transport}, {first} to {last}).",
    },
    "say.certificate_share": {
        "fr": "Cela vaut pour plus de {most} des foyers, de jour, le soir et dans les transferts longs ; preuve sur {homes} foyers vérifiés (valeur e {e}, seuil {bar}). Parmi de tels certificats, au plus {q} seraient faux en moyenne.",
        "en": "This holds for more than {most} of homes, by day, in the evening and in long transfers; shown on {homes} vetted homes (e-value {e}, bar {bar}). Of such certificates at most {q} would be wrong on average.",
    },
    "say.no_certificate": {
        "fr": "Pas de certificat ; il manque : {list}.",
        "en": "No certificate; wanting: {list}.",
    },
    "say.limits_equivalent": {
        "fr": "Ce certificat ne dit rien au-dessus de ce débit, ni après plus de {bucket} ou {seconds} s d’une même connexion, ni de plusieurs à la fois, ni d’autres foyers, ni des vrais serveurs du service ; il vaut pour le trafic vers nos répondeurs et pour cette période.",
        "en": "This certificate says nothing above that rate, nor after more than {bucket} or {seconds} s of a connection, nor of several at once, nor of other homes, nor of the service’s real servers; it holds for traffic towards our responders and for this period.",
    },
}

VERIFYING: Final[dict[str, dict[Language, str]]] = {
    "cli.verify": {
        "fr": "recalcule des constats à partir de leurs empreintes et les compare",
        "en": "recompute findings from their hashes, and compare",
    },
    "cli.finding": {"fr": "fichier d’un constat ou d’une liste", "en": "file of a finding, or of a list"},
    "cli.other_cpu": {
        "fr": "juge aussi sans les instructions vectorielles du processeur, et compare les octets",
        "en": "also judge without the processor’s vector instructions, and compare the bytes",
    },
    "cli.as_of": {
        "fr": "juge comme à ce moment (AAAA-MM-JJTHH:MM:SS+00:00), sans ce qui fut reçu après",
        "en": "judge as at this moment (YYYY-MM-DDTHH:MM:SS+00:00), without what was received after it",
    },
    "as_of.bad_time": {
        "fr": "--as-of {detail} : écrivez par exemple 2026-12-31T12:00:00+00:00",
        "en": "--as-of {detail}: write for example 2026-12-31T12:00:00+00:00",
    },
    "finding.missing": {
        "fr": "{path} : lecture impossible ({detail})",
        "en": "{path}: cannot be read ({detail})",
    },
    "finding.unreadable": {
        "fr": "{path} : ce n’est pas un constat lisible ({detail})",
        "en": "{path}: not a readable finding ({detail})",
    },
    "verify.nothing": {
        "fr": "{path} : la liste est vide, il n’y a aucun constat à vérifier ; écrivez-en une par isonomia-analysis judge --full --out FICHIER",
        "en": "{path}: the list is empty, there is no finding to verify; write one by isonomia-analysis judge --full --out FILE",
    },
    "verify.holds": {
        "fr": "tient : {cell} ({finding_id})",
        "en": "holds: {cell} ({finding_id})",
    },
    "verify.differs": {
        "fr": "NE TIENT PAS : {cell} ({finding_id}) : {differs}",
        "en": "DOES NOT HOLD: {cell} ({finding_id}): {differs}",
    },
    "verify.withdrawn": {
        "fr": "  foyers ayant retiré leurs mesures depuis : {n} sur {whole} ; ce constat ne peut plus être recalculé à l’identique",
        "en": "  homes that have withdrawn their measurements since: {n} of {whole}; this finding cannot be recomputed as it was",
    },
    "verify.other_code": {
        "fr": "  jugé par une autre version du code ; celle-ci donne le même résultat",
        "en": "  judged by another version of the code; this one gives the same result",
    },
    "verify.same_cpu": {
        "fr": "mêmes octets sans {features}",
        "en": "the same bytes without {features}",
    },
    "verify.other_bytes": {
        "fr": "AUTRES OCTETS sans {features}",
        "en": "OTHER BYTES without {features}",
    },
    "verify.cannot_judge": {
        "fr": "le jugement dans un autre processus a échoué : {detail}",
        "en": "judging in another process failed: {detail}",
    },
}

STATES: Final[dict[str, dict[Language, str]]] = {
    "cli.state": {
        "fr": "inscrit au registre un changement d’état d’un constat, ou montre le registre",
        "en": "enter a change of a finding’s state into the ledger, or show the ledger",
    },
    "cli.ledger": {"fr": "fichier du registre des états", "en": "file of the ledger of states"},
    "cli.to": {"fr": "nouvel état", "en": "new state"},
    "cli.actor": {
        "fr": "qui décide ; paraît sur les tableaux : un rôle, pas le nom d’une personne",
        "en": "who decides; boards show it: a role, not a person’s name",
    },
    "cli.reason": {"fr": "pourquoi", "en": "why"},
    "cli.finding_id": {
        "fr": "identifiant du constat, s’il en est plusieurs",
        "en": "the finding’s id, if there are several",
    },
    "cli.evidence": {
        "fr": "fichier de constats sur lesquels repose le changement (pour replicated : avec --full, de paires neuves, ou leur dossier scellé ; ils sont vérifiés)",
        "en": "file of findings that the change rests on (for replicated: with --full, of fresh pairs, or their sealed bundle; they are verified)",
    },
    "cli.state_store": {
        "fr": "dossier de données du collecteur, d’où le constat est vérifié avant d’être inscrit",
        "en": "the collector’s data folder, from which the finding is verified before it is entered",
    },
    "cli.state_bundle": {
        "fr": "dossier de preuve scellé du constat, à la place de --store et --registration",
        "en": "sealed bundle of the finding, instead of --store and --registration",
    },
    "cli.state_reply": {
        "fr": "réponse reçue (pour replied) : son empreinte est inscrite",
        "en": "the reply that came (for replied): its hash is entered",
    },
    "cli.evidence_registration": {
        "fr": "dépôt des constats de --evidence, s’il est autre",
        "en": "registration of the findings of --evidence, where it is another",
    },
    "ledger.line": {
        "fr": "{at}  {state}  {finding_id}  {actor} : {reason}",
        "en": "{at}  {state}  {finding_id}  {actor}: {reason}",
    },
    "ledger.whole": {
        "fr": "Registre entier : {lines} lignes, chacune liée à la précédente ; empreinte de la dernière {sha256}",
        "en": "The ledger is whole: {lines} lines, each bound to the one before it; hash of the last {sha256}",
    },
    "ledger.unnamed": {
        "fr": "{finding_id} ({state}) : ses {lines} lignes viennent d’un ancien registre et ne nomment aucun constat par son empreinte ; rien n’en paraît en public tant qu’une correction (« corrected ») n’est pas inscrite avec le fichier du constat",
        "en": "{finding_id} ({state}): its {lines} lines are of an early ledger and name no finding by its hash; nothing of it is shown in public until a correction (“corrected”) is entered with the finding’s file",
    },
    "ledger.named_late": {
        "fr": "{finding_id} ({state}) : {unnamed} de ses {lines} lignes ne nomment aucun constat par son empreinte ; rien ne montre de quel constat elles parlaient. Seul paraît celui qu’une publication ou une correction a nommé",
        "en": "{finding_id} ({state}): {unnamed} of its {lines} lines name no finding by its hash; nothing shows which finding they were about. Only the one that a publication or a correction named is shown",
    },
    "ledger.entered": {
        "fr": "Inscrit : {finding_id} est {state} ; empreinte de la ligne {sha256}",
        "en": "Entered: {finding_id} is {state}; hash of the line {sha256}",
    },
    "ledger.unreadable": {
        "fr": "{path}, ligne {line} : le registre a été altéré ou est abîmé ({detail}) ; rien n’est inscrit",
        "en": "{path}, line {line}: the ledger was altered or is damaged ({detail}); nothing is entered",
    },
    "ledger.not_next": {
        "fr": "après « {state} » ne peut venir que : {allowed}",
        "en": "after “{state}” only this may follow: {allowed}",
    },
    "ledger.no_reason": {
        "fr": "un changement d’état a un auteur et une raison : --actor et --reason",
        "en": "a change of state has an actor and a reason: --actor and --reason",
    },
    "ledger.before_last": {
        "fr": "cette date précède la dernière ligne du registre ({last})",
        "en": "this date is before the ledger’s last line ({last})",
    },
    "ledger.own_case": {
        "fr": "{actor} a fait le constat et ne peut en décider : qui signale ne juge pas",
        "en": "{actor} made the candidate and cannot decide on it: who flags does not adjudicate",
    },
    "ledger.no_replication": {
        "fr": "une réplication s’appuie sur un autre constat, fait de paires neuves : --evidence FICHIER",
        "en": "a replication rests on another finding, made of fresh pairs: --evidence FILE",
    },
    "ledger.not_fresh": {
        "fr": "{path} : pas de constat du même sens sur la même cellule fait de paires toutes neuves (jugez avec --full)",
        "en": "{path}: no finding in the same direction on the same cell made of fresh pairs alone (judge with --full)",
    },
    "ledger.no_reply": {
        "fr": "une réponse se prouve : --reply FICHIER, dont l’empreinte est inscrite ; sans réponse, le délai court",
        "en": "a reply is shown: --reply FILE, whose hash is entered; without a reply the clock runs",
    },
    "ledger.no_record": {
        "fr": "un changement d’état porte l’empreinte du constat dont il parle : inscrivez-le par isonomia-analysis state --finding",
        "en": "a change of state bears the hash of the finding it is about: enter it by isonomia-analysis state --finding",
    },
    "ledger.other_record": {
        "fr": "ce n’est pas le constat inscrit (empreinte {entered}, ici {found}) : donnez le fichier d’alors ; ce qui est publié ne change que par « corrected »",
        "en": "this is not the finding that was entered (hash {entered}, here {found}): give the file of then; what is published changes by “corrected” alone",
    },
    "ledger.not_sealed": {
        "fr": "aucun sceau ne nomme le dépôt de ce constat ({sha256}) : sans cela rien ne montre qu’il précède les mesures ; laissez-le dans le dossier « registrations » du collecteur et scellez",
        "en": "no seal names the registration of this finding ({sha256}): without that nothing shows that it came before the measurements; leave it in the collector’s “registrations” folder, and seal",
    },
    "ledger.not_a_case": {
        "fr": "le constat {finding_id} ne dit ni différence ni équivalence ({outcome}, degré {grade}) : il n’y a rien à publier",
        "en": "finding {finding_id} says neither difference nor equivalence ({outcome}, grade {grade}): there is nothing to publish",
    },
    "ledger.needs_proof": {
        "fr": "« {state} » s’inscrit d’un constat vérifié : donnez --store et --registration, ou --bundle FICHIER.zip (forme scellée)",
        "en": "“{state}” is entered of a finding that was verified: give --store and --registration, or --bundle FILE.zip (the sealed form)",
    },
    "ledger.does_not_hold": {
        "fr": "le constat {finding_id} ne tient pas, rien n’est inscrit : {detail}",
        "en": "finding {finding_id} does not hold, nothing is entered: {detail}",
    },
    "ledger.clock_runs": {
        "fr": "le délai de réponse court jusqu’au {until}",
        "en": "the time to reply runs until {until}",
    },
    "ledger.not_nameable": {
        "fr": "ce constat ne peut pas nommer un réseau en public : il faut le degré 3, e-BH à 1 % et E ≥ m/0,01",
        "en": "this finding may not name a network in public: that takes grade 3, e-BH at 1% and E ≥ m/0.01",
    },
    "ledger.bad_time": {
        "fr": "{detail} : pas une date avec fuseau",
        "en": "{detail}: not a time with its zone",
    },
    "ledger.no_finding": {
        "fr": "{path} : {count} constats ; dites lequel par --id",
        "en": "{path}: {count} findings; say which by --id",
    },
}

JUDGEMENT: Final[dict[str, dict[Language, str]]] = {
    **GATES,
    **GRADES,
    **CERTIFICATES,
    **VERIFYING,
    **STATES,
}
