"""What the embedded model knows of French and English: words, and the concept that they share.

This is knowledge of two languages, not of any tool: a concept gathers the words that people use for
one idea in both, so that a request in one language meets an example in the other. Words are written
without accents. `a b` is two words, `a_b` is a phrase.
"""

from typing import Final


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verbs: what a clause asks to be done. Each concept: (English, French).
ACTIONS: Final[dict[str, tuple[str, str]]] = {
    "show": (
        "show display print see view give tell present reveal let_me_know",
        "montre montrer affiche afficher donne donner dis dire dit voir vois voyons presente indique affich",
    ),
    "read": (
        "read reads reading reread open cat look_at peek_at",
        "lis lire lit lisez relis relire ouvre ouvrir consulte consulter parcours parcourir jette_un_oeil lecture",
    ),
    "list": ("list lists listing ls enumerate lst browse", "liste lister listez listes enumere enumerer ls inventaire"),
    "find": (
        "find finds search searches look_for looking_for locate seek grep hunt spot where",
        "cherche chercher cherchez recherche rechercher trouve trouver trouvez repere reperer localise localiser grep"
        " ou_est ou_sont trouve_t",
    ),
    "contain": (
        "contain contains containing mention mentions mentioning hold holds appear appears occurs",
        "contient contiennent contenant mentionne mentionnent mentionnant contenir renferme"
        " parle parlent apparait figure",
    ),
    "write": (
        "write writes writing save saves saving store record put dump jot keep stick wrote persist",
        "ecris ecrire ecrivez ecrit ecri enregistre enregistrer enregistrez sauvegarde sauvegarder sauve mets mettre"
        " met mettez inscris inscrire note noter consigne range stocke stocker depose garde",
    ),
    "create": ("create creates make creating generate new", "cree creer creez fais_un fabrique genere generer nouveau"),
    "add": (
        "add adds append appends adding tack at_the_end to_the_end",
        "ajoute ajouter ajoutez rajoute rajouter completer a_la_fin a_la_suite en_fin",
    ),
    "run": (
        "run runs execute launch start running invoke send_the_command",
        "lance lancer lancez execute executer executez execut demarre demarrer tape taper roule tourner tourne"
        " tournent fais_tourner envoie_la_commande envoyer_la_commande",
    ),
    "fetch": (
        "fetch grab retrieve pull get request query hit curl wget",
        "recupere recuperer va_chercher interroge interroger appelle requete curl wget",
    ),
    "download": (
        "download downloads downloading",
        "telecharge telecharger telechargez telechargement rapatrie rapatrier",
    ),
    "compute": (
        "compute calculate calculates calculation work_out evaluate figure_out solve equals equal math maths",
        "calcule calculer calculez calcul calculs evalue evaluer resous resoudre font fait_combien egale egal"
        " combien_font combien_fait ca_fait",
    ),
    "count": (
        "count counts counting tally how_many number_of how_many_times",
        "compte compter comptez denombre denombrer combien nombre combien_de_fois",
    ),
    "sum": ("sum total add_up altogether totals", "somme total totalise additionne additionner totaux"),
    "average": ("average mean", "moyenne"),
    "sort": ("sort order rank sorted", "trie trier classe classer ordonne ordonner"),
    "delete": (
        "delete remove erase wipe clear destroy drop trash purge shred nuke format rid get_rid_of",
        "supprime supprimer supprimez efface effacer effacez enleve enlever vider detruis detruire jette formate"
        " formater",
    ),
    "move": ("move relocate", "deplace deplacer bouge"),
    "rename": ("rename", "renomme renommer"),
    "copy": (
        "copy duplicate copies back_up concatenate combine",
        "copie copier duplique dupliquer recopie concatene concatener combine",
    ),
    "merge": ("merge merges merged", "fusionne fusionner fusionnez"),
    "push": ("push pushes", "pousse pousser poussez"),
    "restore": (
        "restore undelete undo recover bring_back get_back bring_it_back get_it_back",
        "restaure restaurer retablis retablir ramene ramener remets remettre",
    ),
    "ask": ("ask asks", "demande demander demandez"),
    "schedule": (
        "schedule schedules scheduled plan planned upcoming",
        "planifie planifier programme programmer prevu prevue prevus prevues",
    ),
    "edit": (
        "edit modify change replace overwrite alter swap substitute",
        "edite modifie modifier substitue substituer change changer remplace remplacer ecrase ecraser",
    ),
    "send": (
        "send sends email mail post deliver forward transmit upload share publish tweet",
        "envoie envoyer envoi envoyez expedie expedier poste transmets transmettre partage publie publier televerse",
    ),
    "remind": (
        "remind reminder reminders alert",
        "rappelle rappeler rappel rappels alerte rappelez rappeliez rappelles",
    ),
    "set": (
        "set turn switch adjust dim configure toggle activate enable disable",
        "regle regler allume allumer active activer desactive baisse augmente configure",
    ),
    "play": ("play listen watch stream", "joue jouer ecoute ecouter regarde"),
    "buy": ("buy order_me purchase pay", "achete acheter commande_moi paie payer"),
    "book": ("book reserve", "reserve reserver"),
    "install": ("install upgrade update uninstall", "installe installer mets_a_jour desinstalle"),
    "stop": (
        "stop kill cancel abort quit shutdown halt terminate call_off",
        "arrete arreter arretez stoppe stopper tue annule annuler annulez eteint eteins eteindre"
        " interromps interrompre decommande",
    ),
    "restart": ("restart restarts reboot reload", "redemarre redemarrer relance relancer recharge recharger"),
    "check": ("check verify test inspect", "verifie verifier teste tester controle controler"),
    "convert": ("convert turn_into", "convertis convertir"),
    "encrypt": ("encrypt decrypt encode decode", "chiffre dechiffre crypte"),
    "pack": ("pack zip compress archive tar gzip", "compresse compresser archive archiver zippe zipper"),
    "unpack": (
        "unpack unzip untar decompress extract uncompress",
        "decompresse decompresser extrais extraire dezippe dezipper deballe deballer",
    ),
    "draw": (
        "draw paint sketch plot chart graph diagram visualise visualize",
        "dessine dessiner peins trace tracer graphique graphiques diagramme visualise visualiser schema",
    ),
    "hack": ("hack steal exfiltrate crack exploit", "pirate pirater vole voler"),
}

# Acts that change the world: a tool is never chosen for them unless its own words name the act.
CHANGING: Final = words(
    "write create add run delete move rename copy edit send remind set buy book install stop restart"
    " encrypt pack unpack hack merge push restore schedule"
    " draw play convert"
)

# Verbs and things that need open reasoning, knowledge or writing.
OPEN: Final[dict[str, tuple[str, str]]] = {
    "explain": ("explain describe why clarify understand mean means", "explique expliquer pourquoi decris comprends"),
    "summarise": ("summarise summarize summary sum_up tldr outline", "resume resumer synthese resumes synthetise"),
    "translate": ("translate translation", "traduis traduire traduction traduit"),
    "compose": (
        "compose imagine invent brainstorm draft rewrite rephrase paraphrase design",
        "redige rediger compose imagine invente inventer reformule reformuler concois",
    ),
    "judge": (
        "improve refactor fix debug review recommend suggest advise analyse analyze critique optimise optimize decide"
        " think opinion compare choose best should prove predict guess believe",
        "ameliore ameliorer corrige corriger analyse analyser conseille recommande optimise debogue compare choisis"
        " penses pense avis devrais prouve prevois devine meilleur meilleure",
    ),
    "artwork": (
        "poem story essay letter song joke haiku novel speech article code function script program class email"
        " slogan recipe tale regex query app website game lyrics limerick blog tweet paragraph biography",
        "poeme histoire conte lettre chanson blague roman discours article code fonction script programme classe"
        " courriel recette dissertation slogan paragraphe biographie nouvelle redaction",
    ),
    "knowledge": (
        "capital president invented meaning weather won discovered famous war population",
        "capitale president histoire invente signifie meteo gagne decouvert celebre guerre population"
        " quel_temps temps_fait temps_qu_il_fait",
    ),
}

# Things people speak of. A shared concept lets `dossier` meet `directory`.
THINGS: Final[dict[str, tuple[str, str]]] = {
    "file": ("file files fil fils document documents source sources", "fichier fichiers fichie document documents"),
    "folder": (
        "folder folders directory directories dir dirs here workspace",
        "dossier dossiers repertoire repertoires rep ici espace_de_travail",
    ),
    "project": ("project projects", "projet projets"),
    "prefix": ("starts begins beginning prefix", "commence commencent debut prefixe"),
    "empty": ("empty blank", "vide vides"),
    "line": ("line lines row rows curve", "ligne lignes courbe courbes"),
    "word": ("word words", "mot mots"),
    "size": ("size sizes bytes weight big large heavy", "taille tailles octets poids pese gros lourd"),
    "content": ("content contents inside text body", "contenu contenus interieur texte corps dedans"),
    "command": ("command commands shell terminal bash prints console", "commande commandes terminal shell console"),
    "time": ("time clock hour oclock", "heure heures l_heure horloge"),
    "date": ("date day today calendar weekday month year", "date jour aujourd_hui calendrier mois annee semaine"),
    "system": (
        "system machine computer box host server os platform specs hardware pc laptop uptime load",
        "systeme machine ordinateur ordi hote serveur os plateforme materiel pc charge",
    ),
    "memory": ("memory ram", "memoire ram vive"),
    "disk": ("disk disks drive storage space", "disque disques stockage espace place"),
    "cpu": ("cpu cpus processor processors core cores", "cpu processeur processeurs coeur coeurs"),
    "free": ("free available left remaining unused", "libre libres disponible disponibles reste restant restante"),
    "used": (
        "used usage use uses using consumed consumes consuming eats eating hogs hogging occupied full fills",
        "utilise utilisee utilisent occupee occupe consomme consomment bouffe bouffent plein pleins remplis",
    ),
    "fail": (
        "fail fails failed failing failure crash crashes crashed broke broken dead",
        "echoue echouee echoues echec echouer plante plantes plantee plantees panne casse casses mort morts rate",
    ),
    "reach": (
        "reach reaches reachable respond responds responding online alive",
        "joindre joignable joignables repond repondent repondre atteindre accessible accessibles",
    ),
    "connect": ("logged_in connected signed_in logged_on", "connecte connectes connectee connectees"),
    "deployment": (
        "deployment deployments deploy deploys deployed",
        "deploiement deploiements deploie deployer deploye",
    ),
    "image": ("image images picture pictures photo photos pic", "image images photo photos"),
    "aside": ("aside stash stashed", "de_cote cote"),
    "expire": ("expire expires expiry run_out runs_out", "expire expirer expiration perime"),
    "pie": ("pie donut", "camembert"),
    "bar": ("bar bars", "barre barres batons histogramme histogram"),
    "max": ("maximum max highest largest biggest greatest", "maximum maximal maximale max"),
    "min": ("minimum min lowest smallest", "minimum minimal minimale min"),
    "healthy": ("health healthy", "sante"),
    "tool": ("tool tools", "outil outils"),
    "unhealthy": ("unhealthy sick ill not_healthy", "malade malades mauvaise_sante pas_en_bonne_sante"),
    "log": ("log logs logged logging", "log logs"),
    "history": ("history", "historique"),
    "web": (
        "url page site website web link address http https endpoint internet html",
        "url page site web lien adresse internet",
    ),
    "result": (
        "result results answer answers output outcome value stdout it_gives returns what_you_get what_it_prints",
        "resultat resultats reponse reponses sortie valeur ce_qu_il",
    ),
    "match": ("match matches occurrence occurrences hit hits", "correspondance correspondances occurrence occurrences"),
    "expression": ("expression operation sum_of", "expression operation"),
    "name": ("name names called named title", "nom noms appele nomme titre nommee s_appelle s_appelant"),
    "percent": ("percent percentage", "pourcent pourcentage"),
    "everywhere": (
        "recursively recursive subfolders subdirectories everywhere tree nested",
        "recursivement recursif sous_dossiers sous_repertoires partout arborescence",
    ),
    "lamp": ("lamp light lights bulb", "lampe lumiere lumieres ampoule"),
    "invoice": ("invoice bill invoices", "facture factures note_de_frais"),
    "customer": ("customer client customers", "client clients cliente"),
    "colour": ("colour color colours colors", "couleur couleurs"),
    "room": ("room rooms", "piece pieces chambre salle"),
    "amount": ("amount price cost euros dollars", "montant prix cout euros dollars"),
    "meeting": ("meeting appointment", "reunion rendez_vous"),
    "contact": ("contact contacts person people", "contact contacts personne personnes"),
    "zone": ("timezone zone", "fuseau zone"),
    "status": ("status state", "statut etat"),
    "container": ("container containers", "conteneur conteneurs"),
    "service": ("service services daemon", "service services"),
    "pull request": ("pull_request pull_requests merge_request", "pull_request pull_requests demande_de_fusion"),
    "repository": ("repository repositories repo repos", "depot depots"),
    "branch": ("branch branches", "branche branches"),
    "process": ("process processes program programs", "processus programmes"),
    "certificate": ("certificate certificates cert certs", "certificat certificats certif"),
    "journal": ("journal journals", "journal journaux"),
    "fingerprint": ("fingerprint fingerprints hash checksum", "empreinte empreintes"),
    "column": ("column columns", "colonne colonnes"),
    "user": ("user users", "utilisateur utilisateurs"),
    "network": ("network networks", "reseau reseaux"),
    "trash": ("bin recycle_bin", "corbeille"),
    "public": ("public", "public publique publics"),
    "valid": ("valid", "valide valides"),
}

CHOICES: Final[dict[str, tuple[str, str]]] = {
    "red": ("red", "rouge rouges"),
    "blue": ("blue", "bleu bleue bleus"),
    "green": ("green", "vert verte verts"),
    "white": ("white", "blanc blanche"),
    "yellow": ("yellow", "jaune"),
    "black": ("black", "noir noire"),
    "orange": ("orange", "orange"),
    "kitchen": ("kitchen", "cuisine"),
    "bedroom": ("bedroom", "chambre_a_coucher"),
    "living room": ("living_room lounge", "salon sejour"),
    "high": ("high urgent", "haute haut urgente"),
    "low": ("low", "basse bas faible"),
    "medium": ("medium normal", "moyenne_priorite moyen normale"),
    "english": ("english", "anglais"),
    "french": ("french", "francais"),
    "spanish": ("spanish", "espagnol"),
    "german": ("german", "allemand"),
    "italian": ("italian", "italien"),
    "on": ("on", "allume"),
    "off": ("off", "eteint"),
}

# Superlatives: (which end, the concept of the property they measure).
SUPERLATIVES: Final[dict[str, tuple[str, str]]] = {
    "largest": ("max", "size"), "biggest": ("max", "size"), "heaviest": ("max", "size"), "bulkiest": ("max", "size"),
    "smallest": ("min", "size"), "lightest": ("min", "size"), "tiniest": ("min", "size"),
    "newest": ("max", "modified"), "latest": ("max", "modified"), "oldest": ("min", "modified"),
    "longest": ("max", "line"), "shortest": ("min", "line"),
}  # fmt: skip
SUPERLATIVE_ADJECTIVES: Final[dict[str, tuple[str, str]]] = {
    "gros": ("max", "size"), "grosse": ("max", "size"), "grand": ("max", "size"), "grande": ("max", "size"),
    "volumineux": ("max", "size"), "volumineuse": ("max", "size"), "lourd": ("max", "size"), "lourde": ("max", "size"),
    "imposant": ("max", "size"), "petit": ("min", "size"), "petite": ("min", "size"), "leger": ("min", "size"),
    "recent": ("max", "modified"), "recente": ("max", "modified"), "recently": ("max", "modified"),
    "ancien": ("min", "modified"), "ancienne": ("min", "modified"), "vieux": ("min", "modified"),
    "long": ("max", "line"), "longue": ("max", "line"), "court": ("min", "line"), "courte": ("min", "line"),
}  # fmt: skip

# Kinds of files, as people name them.
FILE_KINDS: Final[dict[str, str]] = {
    "python": "py", "javascript": "js", "typescript": "ts", "markdown": "md", "text": "txt", "texte": "txt",
    "json": "json", "csv": "csv", "html": "html", "css": "css", "yaml": "yaml", "toml": "toml", "log": "log",
    "pdf": "pdf", "rust": "rs", "java": "java", "shell": "sh", "bash": "sh", "sql": "sql", "xml": "xml", "go": "go",
    "ruby": "rb", "php": "php", "kotlin": "kt", "swift": "swift", "png": "png", "jpeg": "jpg", "svg": "svg",
    "py": "py", "js": "js", "ts": "ts", "md": "md", "txt": "txt", "yml": "yml", "rs": "rs", "logs": "log",
}  # fmt: skip

# Places whose name is not in the time-zone database, or has another name in French.
PLACES: Final[dict[str, str]] = {
    "londres": "Europe/London", "pekin": "Asia/Shanghai", "beijing": "Asia/Shanghai", "moscou": "Europe/Moscow",
    "bruxelles": "Europe/Brussels", "geneve": "Europe/Zurich", "geneva": "Europe/Zurich", "rome": "Europe/Rome",
    "lisbonne": "Europe/Lisbon", "athenes": "Europe/Athens", "vienne": "Europe/Vienna", "varsovie": "Europe/Warsaw",
    "le caire": "Africa/Cairo", "alger": "Africa/Algiers", "montreal": "America/Toronto",
    "quebec": "America/Toronto", "ottawa": "America/Toronto", "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles", "boston": "America/New_York", "washington": "America/New_York",
    "miami": "America/New_York", "mexico": "America/Mexico_City", "rio": "America/Sao_Paulo",
    "brasilia": "America/Sao_Paulo", "seoul": "Asia/Seoul", "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata", "bombay": "Asia/Kolkata", "singapour": "Asia/Singapore", "hong kong": "Asia/Hong_Kong",
    "canberra": "Australia/Sydney", "wellington": "Pacific/Auckland", "berne": "Europe/Zurich",
    "copenhague": "Europe/Copenhagen", "edimbourg": "Europe/London", "marseille": "Europe/Paris",
    "lyon": "Europe/Paris", "barcelone": "Europe/Madrid", "munich": "Europe/Berlin", "francfort": "Europe/Berlin",
    "frankfurt": "Europe/Berlin", "milan": "Europe/Rome", "kyoto": "Asia/Tokyo", "osaka": "Asia/Tokyo",
    "japan": "Asia/Tokyo", "japon": "Asia/Tokyo", "france": "Europe/Paris", "germany": "Europe/Berlin",
    "allemagne": "Europe/Berlin", "india": "Asia/Kolkata", "inde": "Asia/Kolkata", "utc": "UTC", "gmt": "UTC",
    "bucarest": "Europe/Bucharest", "teheran": "Asia/Tehran", "bagdad": "Asia/Baghdad", "tunis": "Africa/Tunis",
    "nouvelle delhi": "Asia/Kolkata", "ho chi minh": "Asia/Ho_Chi_Minh", "hanoi": "Asia/Ho_Chi_Minh",
    "prague": "Europe/Prague", "kiev": "Europe/Kyiv", "kyiv": "Europe/Kyiv", "tel aviv": "Asia/Jerusalem",
    "la havane": "America/Havana", "houston": "America/Chicago", "dallas": "America/Chicago", "nyc": "America/New_York",
    "philadelphia": "America/New_York", "las vegas": "America/Los_Angeles", "shenzhen": "Asia/Shanghai",
}  # fmt: skip

# Words with no weight of their own.
STOP: Final[tuple[str, str]] = (
    "a an the of to in on at for from with by into onto and or but is are was be been am do does did has have had"
    " i me my you your we us our he she they this that these those there it its them their him her please pls plz can"
    " could would will shall may might must just some any all so as if than too very also then next after now right"
    " what which whose when s t re ve ll d m like want need let lets hey hi hello ok okay kindly quickly each every"
    " one ones up out about both same again more using currently exactly how whether not down current forget something"
    " anything exist exists existing there",
    "le la les l un une des du de d au aux a en dans sur sous par pour avec sans et ou mais est sont etait ete etre ai"
    " as avez ont je tu il elle on nous vous ils elles me m te t se s mon ma mes ton ta tes son sa ses notre nos votre"
    " vos leur leurs ce c cet cette ces ca cela ceci qui que qu quel quelle quels quelles quoi y ne n pas plus si stp"
    " svp merci peux pouvez peut pourrais pourriez voudrais veux veuillez moi toi lui eux donc alors puis ensuite apres"
    " maintenant aussi tres bien tout tous toute toutes chaque celle celui ceux celles vers chez faire fais fait"
    " bonjour salut stp j est_ce actuellement ainsi encore va aller faut ki koi dont plait oublie oubliez oublier"
    " existe existent besoin prie truc machin quelque chose courant actuel actuelle complet complete entier entiere",
)

# Words that tell the two languages apart.
MARKS: Final[tuple[str, str]] = (
    "the of and is are was to in on at for from with what which how my your this that these there it please can could"
    " would then their them its and i you me into be help hey lol sorry thanks hello does do not dont file read"
    " write show tell time run",
    "le la les un une des du de au aux est sont dans sur avec et je tu il quel quelle quels quelles combien moi mon ma"
    " mes ton ta tes ce cette ces puis ensuite stp svp fichier dossier quoi qui que ne pas heure fais font ou koi c l d"
    " qu en leur leurs salut bonjour merci quelles ecris lis affiche aide coucou mdr ptdr ouais pardon desole es",
)

# Openers of a question.
QUESTIONS: Final = words(
    "what whats which how who whose when where why is are does did can quel quelle quels quelles combien"
    " qui quand ou comment pourquoi est quoi"
)

# Words that may stand before the verb of a clause.
FILLERS: Final = words(
    "please pls plz also aussi then next finally enfin just kindly stp svp me moi puis ensuite apres now"
    " maintenant ok okay hey alors donc and et to de d can could would you tu vous peux pouvez pourrais"
    " pourriez i je j voudrais want like d veux would need veuillez il faut s te plait m l la le les"
    " d'abord first abord lets let us go quickly vite simplement on afterwards will ll"
)

ARTICLES: Final = words("the a an le la les l un une my mon ma mes this that ce cet cette ces of de du d")

DEFINITE: Final = words("the le la les l")

# Small words that people also say to somebody, or write down.
SAYABLE: Final = words("hello hi hey bonjour salut ok merci yes no oui non")

# Programs that people run by their name.
PROGRAMS: Final = words(
    "apt apt-get awk bash brew bzip2 cargo cat cd chmod chown clang cmake cp curl df diff dig dmesg docker"
    " dpkg du egrep env ffmpeg gcc gh git go grep gunzip gzip helm htop hostname id ifconfig ip java javac jq"
    " kubectl ln ls lsblk lscpu lsof make mkdir mkfs mv mypy mysql nc node npm npx nslookup perl pip pip3 pnpm"
    " podman ps psql pwd pytest python python3 rm rmdir rsync ruby ruff rustc scp sed sh sha256sum ss ssh stat"
    " su sudo systemctl tar terraform tmux touch traceroute uname unzip uptime uv vim wc wget whoami xargs yarn"
    " zsh"
)
# Programs whose names are words of a sentence too: only options or operators make a command of them.
HOMONYMS: Final = words(
    "bash cat cd clear cut date diff dig echo env expr file find free go head history host id install java"
    " join kill last less ln locate make man mount more nice node open patch perl ping python read ruby seq"
    " sleep sort split stat tail tee test time top touch tree type uniq wait watch which who"
)
