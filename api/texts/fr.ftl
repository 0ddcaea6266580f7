### Ce qui est dit au client : quoi, où, que faire. Une clé par code, `.` s'écrit `-`.

## Compte

account-active = Ce compte est déjà actif : connectez-vous avec son mot de passe, ou demandez-en un nouveau.
account-blocked = Ce compte est bloqué : adressez-vous au secrétariat de votre établissement.
account-blocked-by = Ce compte est bloqué par { $structure } : adressez-vous à cet établissement.
account-charter-required = La charte doit être acceptée pour activer le compte : lisez-la puis cochez la case.
account-closed = Ce compte est fermé : demandez au secrétariat de votre établissement de le rouvrir.
account-has-a-login = Ce compte a déjà un autre identifiant : utilisez celui qui existe.
account-login-taken = Cet identifiant appartient à quelqu'un d'autre : choisissez-en un autre.
account-no-login = Ce compte n'a pas encore d'identifiant : réessayez dans quelques secondes.
account-not-activated = Ce compte n'a jamais été activé : utilisez le code d'activation qui vous a été remis.
account-password-common = Ce mot de passe est l’un des premiers que l’on essaie : choisissez-en un autre.
account-password-long = Ce mot de passe est trop long : choisissez-en un de 256 octets au plus.
account-password-personal = Ce mot de passe repose sur l’identifiant ou le nom : choisissez-en un autre.
account-password-short = Ce mot de passe est trop court : choisissez-en un d’au moins huit caractères.
account-password-weak = Ce mot de passe est trop facile à deviner : choisissez-en un plus long et peu courant.
account-profile-blocked = { $structure } a suspendu l'accès de votre profil : demandez-lui quand il sera rétabli.
account-profile-blocked-until = { $structure } a suspendu l'accès de votre profil jusqu'au { $until } : revenez à ce moment-là.
account-window-closed = { $structure } ouvre l'accès à votre profil le { $opens } : revenez ce jour-là.
account-wrong-code = Ce code d'activation n'est pas valable : vérifiez chaque caractère, ou demandez-en un nouveau à votre établissement.
account-wrong-password = Le mot de passe actuel est inexact : saisissez-le de nouveau.

## Connexion

auth-invalid-credentials = L'identifiant ou le mot de passe est inexact : vérifiez les deux et réessayez.
auth-password-must-change = Ce mot de passe est provisoire : choisissez-en un nouveau avant toute autre chose.
auth-required = Personne n'est connecté : connectez-vous, puis réessayez.
auth-throttled = Trop de tentatives de connexion : patientez { $seconds } secondes, puis réessayez.

## Groupes et règles

communication-group-of-another-structure = Ce groupe appartient à un autre établissement : adressez-vous à un administrateur de celui-ci.
communication-implied-by-both-directions = Des règles partent de ce groupe et d'autres y mènent, donc ses membres communiquent entre eux : retirez une des règles citées, ou choisissez la politique EXPLICIT.
communication-link-to-oneself = Un lien direct va d'une personne à une autre : choisissez quelqu'un d'autre.
communication-list-never-exposes = Une liste de diffusion ne montre jamais ses membres : choisissez plutôt un groupe.
communication-list-never-internal = Les membres d'une liste de diffusion ne communiquent jamais entre eux par elle : créez plutôt un groupe.
communication-opens-members = Des élèves ou des parents pourraient alors s'écrire entre eux : acceptez-le pour chaque groupe cité, ou modifiez la demande.
communication-rule-exists = La même règle existe déjà : utilisez celle-ci.
communication-rule-to-itself = Une règle va d'un groupe vers un autre : pour que les membres d'un groupe communiquent entre eux, modifiez le réglage de ce groupe.
communication-unknown-rule = Cette règle n'existe pas ou n'existe plus : rechargez la liste des règles.
communication-unknown-recipe = Il n'y a pas de recette de ce nom : choisissez-en une de la liste.
communication-unknown-matrix = Il n'y a pas de matrice de ce nom ici : l'exploitant peut en indiquer le fichier avec --matrix.

## Imports

import-not-running = Cet import n'est pas en cours ou ne l'est plus : relancez-le avec les mêmes fichiers.
import-runs-already = Un autre import est en cours pour cet établissement : attendez qu'il se termine, ou abandonnez-le.

## Messages

messaging-already-sent = Ce message a déjà été envoyé : écrivez-en un nouveau.
messaging-blind-copies-answer-the-sender-alone = Vous avez reçu ce message en copie cachée : ne répondez qu'à son expéditeur.
messaging-discarded = Ce brouillon a été supprimé : écrivez un nouveau message.
messaging-empty = Ce message n'a ni objet ni texte : écrivez l'un des deux.
messaging-list-only-blind = Une liste de diffusion ne peut figurer qu'en copie cachée : déplacez-la.
messaging-no-recipients = Ce message n'a pas de destinataire : indiquez-en au moins un.
messaging-not-a-recipient = Vous n'avez pas reçu ce message et ne pouvez donc pas y répondre : écrivez-en un nouveau.
messaging-out-of-reach = Vous ne pouvez pas écrire à certains de ces destinataires : retirez ceux qui sont signalés, rien n'a été envoyé.
messaging-recipients-can-reply-to-all = En répondant à tous, ces destinataires pourraient écrire à des familles qu'ils ne peuvent pas joindre : utilisez la copie cachée, ou acceptez-le.
messaging-replies-closed = Les réponses à ce message sont closes : écrivez-en un nouveau.
messaging-replies-to-sender-only = Ce message n'accepte de réponse qu'à son expéditeur : ne répondez pas à tous.
messaging-too-large = Ce message est trop volumineux pour être envoyé : raccourcissez son texte.
messaging-unknown = Ce message ne figure pas parmi les vôtres : rechargez la liste.

## Avis

notice-some-resource = Une ressource
notice-somebody = quelqu'un
notice-when = le { $date } de { $from } à { $to }
notice-when-days = du { $from } au { $to }
notice-to-validate = Réservation à valider
told-to-validate = { $of } : une réservation attend d'être validée.
notice-validated = Réservation confirmée
told-validated = { $of } : la réservation est confirmée.
notice-refused = Réservation refusée
told-refused = { $of } : la réservation est refusée.
notice-withdrawn = Réservation retirée
told-withdrawn = { $of } : la réservation a été retirée par la personne qui l'avait demandée.
notice-cancelled = Réservation annulée
told-cancelled = { $of } : la réservation est annulée.
notice-changed = Réservation modifiée
told-changed = { $of } : quelqu'un d'autre a modifié la réservation.
notice-change-to-validate = Modification de réservation à valider
told-change-to-validate = { $of } : une modification de réservation attend d'être validée.
notice-change-refused = Modification de réservation refusée
told-change-refused = { $of } : la modification est refusée, la réservation reste telle qu'elle était.
notice-suspended = Réservation suspendue
told-suspended = { $of } : la réservation ne tient plus et est suspendue.
notice-resumed = Réservation rétablie
told-resumed = { $of } : la réservation tient de nouveau et est rétablie.
notice-rezoned = Réservation à un autre instant
told-rezoned = { $of } : les règles du fuseau horaire ont changé, la réservation garde son heure.
notice-threshold-passed = Seuil de réservations dépassé
told-threshold-passed = { $of } : { $person } a réservé au-delà du seuil.
notice-request-released = Réservation groupée non faite
told-request-released = { $of }, et ce qui était demandé avec : une ressource a été refusée, rien n'est réservé.

## Personnes

person-ends-before-it-starts = Le rattachement se terminerait avant d'avoir commencé : vérifiez les deux dates.
person-name-required = Une personne doit avoir un prénom et un nom : renseignez les deux.
person-not-a-family = Seul un parent ou responsable peut être lié à un élève : vérifiez les deux profils.
person-not-attached = Cette personne n'est pas rattachée à l'établissement : rattachez-la d'abord.
person-profile-has-no-class = Les parents et les invités ne sont dans aucune classe : liez plutôt les parents à leurs enfants.
person-profile-is-final = Cette personne a un autre profil, et un profil ne change jamais : créez un second compte.
person-unknown = Cette personne n'existe pas : vérifiez votre choix.

## Établissements

structure-class-not-empty = Il reste quelqu'un dans cette classe : videz-la avant de la fermer.
structure-closed = Cet établissement est fermé : demandez d'abord à l'administration de la plateforme de le rouvrir.
structure-closure-over = Cette fermeture est terminée : le passé ne se change pas.
structure-exists = Cet établissement existe déjà : ouvrez-le au lieu de le créer.
structure-period-named-twice = Deux créneaux portent le même nom : donnez à chacun le sien.
structure-periods-overlap = Deux créneaux ont une minute en commun : faites commencer chacun quand le précédent se termine.
structure-too-many-periods = Une journée compte au plus 40 créneaux : donnez-en moins.
structure-unknown = Cet établissement n'existe pas : vérifiez votre choix.
structure-unknown-closure = Cette fermeture n'existe pas dans l'établissement : rechargez la liste.
structure-unknown-class = Cette classe n'existe pas dans l'établissement ou a été fermée : rechargez la liste des classes.

## Le reste

bad-user-input = Une partie de cette demande est illisible : corrigez les champs signalés.
busy = Le serveur est très sollicité en ce moment : réessayez dans quelques secondes.
conflict = Quelqu'un a modifié la même chose au même moment : rechargez puis réessayez.
forbidden = Vous n'avez pas le droit de faire cela : adressez-vous à un administrateur de votre établissement.
idempotency-mismatch = Cette clé d'idempotence a déjà servi pour une autre demande : utilisez-en une nouvelle.
internal = Une erreur est survenue de notre côté : réessayez, et donnez le numéro de trace à votre administrateur si elle persiste.
not-found = Ce que vous cherchez n'existe pas ou ne vous est pas accessible : vérifiez l'adresse.
messaging-party-out-of-reach = Vous ne pouvez pas écrire au destinataire n° { $number } de « { $list } » : aucun de vos groupes ({ $groups }) n'a de règle qui l'atteint. Adressez-vous à votre administrateur.
messaging-subject-too-long = L'objet est trop long : 255 caractères au plus.

## Noms

group-teachers = Enseignants { $of }
group-staff = Personnels { $of }
group-students = Élèves { $of }
group-relatives = Parents { $of }
group-guests = Invités { $of }
group-level-students = Élèves de niveau { $name } { $of }
group-level-relatives = Parents des élèves de niveau { $name } { $of }
group-head-teachers = Professeurs principaux { $of }
group-direction = Direction { $of }
group-function = Fonction { $name } { $of }
group-discipline = Discipline de poste { $name } { $of }
group-subject = Matière { $name } { $of }
group-unnamed = groupe sans nom
recipients-to = À
recipients-cc = Copie
recipients-bcc = Copie cachée
person-erased = personne effacée

## Pourquoi un message a pu partir

witness-rule = La règle de « { $from } » vers « { $to } » le permet.
witness-internal = Les membres de « { $group } » communiquent entre eux.
witness-family = { $relative } est parent ou responsable de { $child }.
witness-link = Un lien direct de { $from } vers { $to } le permet.
witness-reply = C'est une réponse, dans un fil dont les réponses étaient ouvertes.

account-erased = Cette personne a été effacée : plus rien ne peut être modifié.
messaging-erased = Ce message a été effacé : écrivez-en un nouveau.
erasure-unknown = Personne n'a demandé cet effacement : vérifiez votre choix.
erasure-reason-required = Un effacement demande un motif : dites qui l'a décidé et pourquoi, sans nommer la personne.
erasure-second-person-required = Une autre personne doit confirmer : ni celle qui a demandé, ni celle qui est effacée.
erasure-confirmed = Cet effacement est déjà confirmé : il ne peut plus être refusé.
erasure-declined = Cet effacement a été refusé : faites une nouvelle demande.
erasure-other = Il s'agit d'un autre effacement : demandez avec une nouvelle clé d'idempotence.
contents-unknown = Personne n'a demandé ces contenus : vérifiez votre choix.
contents-reason-required = La lecture de contenus demande un motif : dites pourquoi, sans nommer personne.
contents-ends-too-early = La fin doit être à venir.
contents-ends-too-late = Des contenus sont ouverts sept jours au plus : choisissez une fin plus proche.
contents-second-person-required = Une autre personne doit approuver : ni celle qui a demandé, ni celle qui lui a donné le rôle.
contents-not-approved = Personne n'a encore approuvé cette demande.
contents-approved = Cette demande est déjà approuvée : elle ne peut plus être refusée.
contents-declined = Cette demande a été refusée : faites-en une nouvelle.
contents-expired = Cette demande a pris fin : faites-en une nouvelle.
contents-another-reader = Seule la personne qui a demandé ces contenus les lit.
contents-not-covered = Ce message ne fait pas partie de ce qui a été approuvé : demandez-le.
contents-other = Il s'agit d'une autre demande : demandez avec une nouvelle clé d'idempotence.
retention-not-a-month = Ce n'est pas un mois : écrivez l'année et le mois, comme 202609.
retention-month-not-over = Ce mois n'est pas terminé : seul un mois passé peut prendre fin.
retention-delay-not-over = Le délai de ce mois n'est pas encore écoulé.

## Demandes de changements de règles

rule-request-unknown = Personne n'a demandé ce changement : vérifiez quelle demande a été choisie.
rule-request-nothing-asked = La demande ne dit aucun changement : indiquez-en au moins un.
rule-request-reason-required = Il faut un motif : dites pourquoi, sans nommer personne.
rule-request-yours-to-make = Vous pouvez faire ce changement vous-même : faites-le au lieu de le demander.
rule-request-differs-now = L'effet ne serait plus celui d'alors : regardez ce qui diffère, puis acceptez la demande telle qu'elle est maintenant ou refusez-la.
rule-request-accepted = Cette demande a déjà été acceptée : elle ne peut plus être refusée.
rule-request-refused = Cette demande a été refusée : il en faut une nouvelle.
rule-request-not-accepted = Personne n'a accepté cette demande : le changement est fait une fois qu'elle l'est.
rule-request-other = C'est une autre demande : faites-la avec une nouvelle clé d'idempotence.

## Ce que ferait un changement de règles

preview-already-so = C'est déjà le cas : rien ne se passerait.
preview-stays-internal = Les membres de « { $group } » communiquent toujours entre eux, car cela a été accordé : { $pairs } couples orientés.
preview-stays-implied = Les membres de « { $group } » communiquent toujours entre eux : le groupe utilise des règles et montre ses membres, ce qui l'implique.
preview-waiting = Les membres de « { $group } » communiqueraient entre eux, et ne le font pas tant que personne ne l'accepte.
preview-left-alone = « { $group } » a été modifié à la main : la recette n'y touche pas.
recipe-teachers-own-classes-only = Les enseignants ne communiquent qu'avec les élèves et les parents de leurs classes.
recipe-no-talk-inside-classes = Les élèves d'une classe ne communiquent pas entre eux.
recipe-parents-do-not-write-to-teachers = Les parents n'écrivent pas les premiers aux enseignants ; ils peuvent répondre.
matrix-counts = Règles : { $made } commencent, { $removed } finissent. Faits des groupes : { $given } reçoivent une raison, { $lost } en perdent une.
matrix-by-hand = La règle faite à la main « { $from } » → « { $to } » finit.
matrix-elsewhere = La règle d'un autre établissement « { $from } » → « { $to } » reste.
matrix-fact-by-hand = « { $group } » perd ce qui lui a été donné à la main : { $fact }.
matrix-explicit = Avec la politique EXPLICIT, ce serait ce qui suit.
matrix-previewed = Rien n'est écrit.
matrix-already = C'est déjà le cas : rien à faire.
matrix-done = C'est fait.

## Demandes de changement de règles, en ligne de commande

request-made = { $who } l'a demandé le { $when }.
request-reason = Motif : « { $reason } ».
request-grants = « { $group } » reçoit un fait à la main : { $fact }.
request-takes = « { $group } » perd un fait : { $fact }.
request-makes = Une règle commence de « { $from } » vers « { $to } », dont les membres sont joints un par un.
request-makes-as-group = Une règle commence de « { $from } » vers « { $to } », joint comme groupe seulement.
request-removes = La règle de « { $from } » vers « { $to } » finit.
request-policy = La politique de « { $structure } » devient { $policy }.
request-undone = Ce n'est pas fait : « { $told } ».
request-waits = Personne n'a encore décidé.
request-accepted = { $who } l'a acceptée le { $when } ; elle est en cours.
request-done = { $who } l'a acceptée le { $when } ; c'est fait depuis le { $done }.
request-refused = { $who } l'a refusée le { $when } : « { $reason } ».
request-now = Voici ce qu'elle ferait maintenant.
request-differs-opened = Paires qui s'ouvrent, { $what } : { $before } à la demande, { $now } maintenant.
request-differs-closed = Paires qui se ferment, { $what } : { $before } à la demande, { $now } maintenant.
request-differs-inside = Membres de « { $what } » qui commencent à s'écrire : { $before } à la demande, { $now } maintenant.
request-differs-accept = Élèves et parents de « { $what } » dont l'ouverture doit être acceptée : { $before } à la demande, { $now } maintenant.
request-none = Il n'y a aucune demande de ce genre.

## Pourquoi l'un joint l'autre, par morceaux : ce qui est assemblé finit par un point

explain-allowed = { $from } peut voir { $to } et lui écrire
explain-allowed-group = { $from } peut écrire à « { $to } »
explain-refused = { $from } ne peut ni voir { $to } ni lui écrire
explain-refused-group = { $from } ne peut pas écrire à « { $to } »
explain-ask = Vous ne pouvez pas joindre ce destinataire : adressez-vous à votre administrateur
explain-ways = Par ces chemins
explain-misses = Ce qui manque, le plus proche d'abord
explain-nothing-near = Rien n'en est proche
explain-months = janvier février mars avril mai juin juillet août septembre octobre novembre décembre
explain-since = depuis le { $day }
explain-by-operator = l'opérateur
explain-by-process = le processus { $name }
explain-member = { $person } est dans « { $group } »
explain-member-of-it = { $person } en fait partie
explain-states = « { $group } » { $what } ({ $because })
explain-which = , qui { $what } ({ $because })
explain-uses = utilise ses règles
explain-exposes = expose ses membres
explain-internal = laisse ses membres se joindre entre eux
explain-rule = règle vers « { $to } »
explain-rule-between = règle de « { $from } » vers « { $to } »
explain-made-matrix = , donnée par une matrice
explain-made-hand = , posée par { $actor }
explain-because-matrix = par la matrice
explain-because-hand = à la main
explain-because-feed = par les fichiers de l'établissement
explain-because-rule = par une règle posée à la main
explain-because-implied = impliqué par les deux autres réglages
explain-because-accepted = accepté
explain-nested = « { $group } » y est inclus
explain-nested-in = « { $group } » est inclus dans « { $within } »
explain-family-class = { $relative } est parent ou responsable de { $child }{ $since }, et « { $group } » les relie
explain-family-structure = { $relative } est parent ou responsable de { $child }{ $since }, et leur établissement les relie
explain-gap-oneself = personne ne s'écrit à soi-même
explain-gap-blocked = le compte de { $person } est bloqué
explain-gap-blocked-security = le compte de { $person } est bloqué, car il n'est pas sûr
explain-gap-closed = le compte de { $person } est fermé
explain-gap-expired = le compte de { $person } était conservé jusqu'à un jour qui est passé
explain-gap-ended = le rattachement de { $person } à { $structure } a pris fin le { $day }
explain-gap-not-begun = le rattachement de { $person } à { $structure } n'a pas commencé
explain-gap-waiting = les membres de « { $group } » pourraient se joindre entre eux, mais cela attend d'être accepté
explain-gap-no-structure = { $person } n'est rattaché·e à aucun établissement
explain-gap-no-child = aucun enfant n'est relié au compte de { $person }
explain-gap-no-class = { $person } n'est rattaché·e à aucune classe
explain-gap-not-in-class = { $person } n'est pas rattaché·e à la classe { $class }
explain-gap-not-in-group = { $person } n'est pas dans « { $group } »
explain-gap-exposes = « { $group } » n'expose pas ses membres
explain-gap-uses = « { $group } » n'utilise pas ses règles
explain-gap-internal = les membres de « { $group } » ne se joignent pas entre eux
explain-gap-implied = les membres de « { $group } » ne se joignent pas entre eux, car la politique { $structure } n'implique rien
explain-gap-no-rule = « { $from } » n'a pas encore de règle vers « { $to } »
explain-gap-no-rule-at-all = « { $group } » n'a pas encore de règle
explain-gap-empty = personne n'est dans « { $group } »
explain-gap-not-linked = la classe de { $child } ne relie pas { $from } à { $to }
explain-fix-uses = laisser « { $group } » utiliser ses règles
explain-fix-exposes = laisser « { $group } » exposer ses membres
explain-fix-internal = laisser les membres de « { $group } » se joindre entre eux
explain-fix-rule = poser une règle de « { $from } » vers « { $to } »
explain-fix-rule-to-group = poser une règle de « { $from } » vers « { $to } » qui n'expose pas ses membres
explain-fix-policy-implied = passer la politique { $structure } à « implicite »
explain-fix-policy-explicit = passer la politique { $structure } à « explicite »
explain-fix-accept = accepter que les membres de « { $group } » se joignent entre eux
explain-fix-class = rattacher { $person } à la classe { $class }
explain-fix-own-class = rattacher { $person } à sa classe
explain-fix-group = mettre { $person } dans « { $group } »
explain-fix-attach = rattacher { $person } à { $structure }
explain-fix-attach-somewhere = rattacher { $person } à un établissement
explain-fix-child = relier l'enfant au compte de { $person }
explain-fix-unblock = lever le blocage de { $person }
explain-fix-reopen = rouvrir le compte de { $person }
explain-fix-remove = retirer un réglage ou une règle
explain-may-platform = un administrateur de la plateforme
explain-may-local = un administrateur local { $structure }
explain-may-both = un administrateur local à la fois { $structure } et { $other }, ou un administrateur de la plateforme
explain-may-head = un administrateur ou la direction { $structure }
explain-fix = { $fix } (par { $who })
explain-fix-previewed = { $fix } (par { $who } ; { $preview })
explain-preview-opens = { $pairs ->
    [1] ouvre un couple orienté ({ $profiles })
   *[other] ouvre { $pairs } couples orientés ({ $profiles })
  }
explain-preview-closes = { $pairs ->
    [1] ferme un couple orienté ({ $profiles })
   *[other] ferme { $pairs } couples orientés ({ $profiles })
  }
explain-preview-line = { $from } → { $to } : { $pairs }
explain-preview-nobody = à lui seul il n'ouvre personne
explain-preview-inside = les membres de « { $group } » communiqueront entre eux : { $members }
explain-preview-accept = les membres de « { $group } » communiqueront entre eux, ce qu'il faut accepter : { $members }
explain-or = ou
explain-no-fix = aucun changement de règles n'y fait
explain-linked = un lien direct posé à la main permet à { $from } d'écrire à { $to }
explain-linked-both = un lien direct posé à la main permet à { $from } et à { $to } de s'écrire
explain-gap-hidden = { $person } est masqué·e pour tout le monde par la plateforme
explain-gap-hidden-group = « { $group } » est masqué pour tout le monde par la plateforme
explain-gap-structure-closed = { $structure } est fermé
explain-fix-unhide = ne plus masquer { $person }
explain-fix-unhide-group = ne plus masquer « { $group } »
explain-fix-reopen-structure = rouvrir { $structure }

preview-opens = { $pairs ->
    [0] N'ouvre aucun couple orienté de personnes.
    [1] Ouvre un couple orienté de personnes.
   *[other] Ouvre { $pairs } couples orientés de personnes : { $who } écrivent à plus de monde, { $whom } reçoivent de plus de monde.
  }
preview-closes = { $pairs ->
    [0] Ne ferme aucun couple orienté de personnes.
    [1] Ferme un couple orienté de personnes.
   *[other] Ferme { $pairs } couples orientés de personnes : { $who } écrivent à moins de monde, { $whom } reçoivent de moins de monde.
  }
preview-group-opens = On peut écrire à « { $group } », en tant que groupe : { $people } personnes de plus.
preview-group-closes = On ne peut plus écrire à « { $group } », en tant que groupe : { $people } personnes.
preview-inside-opens = Les membres de « { $group } » commencent à communiquer entre eux : { $members }.
preview-inside-accept = Les membres de « { $group } » commencent à communiquer entre eux : { $members }, dont { $students } élèves et { $relatives } parents ou responsables. Il faut l'accepter.
preview-inside-closes = Les membres de « { $group } » ne communiquent plus entre eux par ce groupe : { $members }.
group-profile-teachers = enseignants
group-profile-staff = personnels
group-profile-students = élèves
group-profile-relatives = parents et responsables
group-profile-guests = invités

draw-title = Groupes et règles : { $structure }
draw-column-structure = L'établissement
draw-column-classes = Les classes
draw-column-functions = Fonctions et niveaux
draw-column-made = Groupes et listes
draw-column-elsewhere = Ailleurs
draw-column-group = groupe
draw-column-alike = semblables
draw-column-members = membres
draw-column-uses = utilise
draw-column-exposes = expose
draw-column-internal = interne
draw-column-reaches = joint
draw-uses = utilise ses règles
draw-exposes = expose ses membres
draw-internal = ses membres communiquent entre eux
draw-waiting = en attente d'acceptation
draw-hidden = masqué
draw-alike = { $classes ->
    [one] et 1 classe semblable
   *[other] et { $classes } classes semblables
}
picture-rule = Un trait va de qui peut écrire à qui reçoit, un par un. Le nombre est celui des membres ; bord épais : ils communiquent entre eux.
picture-group = Pointillé, ou entre parenthèses : on écrit au groupe sans voir ses membres.
picture-hand = Trait épais : au moins une règle a été posée à la main.

diff-title = Ce qui a changé de la position { $from } à { $to } :
diff-rule = règle de « { $from } » vers « { $to } »
diff-uses = « { $group } » utilise ses règles
diff-exposes = « { $group } » expose ses membres
diff-internal = les membres de « { $group } » communiquent entre eux
diff-nothing = rien
## Groupes remplis à la main

members-too-many-at-once = Mille personnes au plus sont ajoutées ou retirées à la fois : procédez en plusieurs fois.
members-out-of-reach = Vous n'administrez pas cette personne et ne pouvez pas lui écrire : demandez à un administrateur de son établissement.
members-another-profile = Une liste de diffusion n'a qu'un profil, et cette personne en a un autre : retirez-la.
members-not-a-manager = Vous n'êtes plus gestionnaire de ce groupe : adressez-vous à un administrateur de son établissement.
members-manager-above = Un gestionnaire n'agit que sur ceux qui sont sous lui : adressez-vous à celui du dessus ou à un administrateur.
members-unknown-manager = La personne du dessus n'est pas gestionnaire de ce groupe : nommez-la d'abord.
members-manager-under-themselves = Personne ne peut être son propre responsable dans un groupe : choisissez quelqu'un d'autre au-dessus.
members-too-many-managers = Un groupe a cent gestionnaires au plus : mettez fin à l'un d'eux d'abord.
members-list-has-no-managers = Une liste de diffusion n'a pas de gestionnaire : seul un administrateur de la plateforme la remplit.
members-reached-by-nobody = Aucune règle n'aboutit à ce groupe et ses membres ne communiquent pas entre eux : personne ne peut lui écrire tant qu'une règle n'est pas créée.
members-reached-by-members-alone = Aucune règle n'aboutit à ce groupe : seuls ses membres peuvent lui écrire tant qu'une règle n'est pas créée.
members-open-each-other = Plusieurs élèves ou parents sont dans ce groupe, dont les membres communiquent entre eux : fermez cette communication si ce n'est pas voulu.
messaging-group-without-rule = Le destinataire n° { $number } de « { $list } » est un groupe auquel aucune règle n'aboutit : vos groupes ({ $groups }) ne peuvent pas l'atteindre. Demandez à votre administrateur de créer une règle.
structure-unknown-group = Ce groupe n'est pas de ceux qui se remplissent à la main dans cet établissement : vérifiez votre choix.

## Favoris

favourites-unknown = Ce favori ne figure pas parmi les vôtres ou a été supprimé : rechargez la liste.
favourites-empty = Un favori contient au moins une personne ou un groupe : choisissez-en.
favourites-too-large = Un favori contient 500 personnes et groupes au plus : retirez-en.
favourites-too-many = Vous avez déjà cent favoris : supprimez-en un d'abord.
favourites-out-of-reach = Vous ne pouvez pas écrire à ce membre du favori : retirez-le, rien n'a été enregistré.

## Séries
booking-no-length = La fin n’est pas après le début : choisissez une fin plus tardive.
booking-whole-minutes = Une réservation commence et finit à une minute entière : retirez les secondes.
booking-no-such-hour = Cette heure n’existe pas ce jour-là, c’est le passage à l’heure d’été : choisissez une autre heure.
booking-year-out-of-range = Les réservations vont de 1970 à 2199 : choisissez une autre année.
booking-rule-not-understood = Une partie de la règle de cette série n’est pas connue ici : on peut dire tous les jours, semaines, mois ou ans, jusqu’à un sur 99, des jours de la semaine, un jour du mois, ou le premier à cinquième ou dernier jour de la semaine d’un mois.
booking-series-without-end = Une série a une fin : indiquez combien de fois, ou jusqu’à quel jour.
booking-first-not-in-series = La première date n’est pas un jour de la série : commencez par l’un de ses jours.
booking-series-too-long = Une série compte 366 dates au plus : terminez-la plus tôt, puis commencez-en une autre.
booking-series-empty = Il ne reste rien de cette série : choisissez une fin plus tardive ou écartez moins de jours.
booking-series-overlaps-itself = Une date de cette série finit après le début de la suivante : raccourcissez-la ou espacez la série.
booking-not-in-series = Cette série n’a rien ce jour-là : choisissez l’un de ses jours.
## Domaines de ressources

domain-unknown = Ce domaine n'existe pas : rechargez la liste.
domain-deleted = Ce domaine a été supprimé : rechargez la liste.
domain-other = C'est un autre domaine : créez-le avec une nouvelle clé d'idempotence.
domain-name = Un domaine porte un nom de 1 à 100 caractères sur une ligne : raccourcissez-le.
domain-not-empty = Ce domaine contient encore des ressources : supprimez-les d'abord.
domain-too-many-resources = Un domaine contient 10 000 ressources au plus : créez-en un autre.
domain-unknown-resource = Cette ressource n'est pas, ou n'est plus, dans ce domaine : rechargez la liste.
domain-too-many-grants = Un domaine compte 5 000 droits au plus : donnez-en à des groupes plutôt qu'à des personnes.
domain-days-out-of-order = Le dernier jour précède le premier : inversez-les.
domain-days-passed = Le dernier jour est passé : choisissez-en un à venir.
domain-invites-one-person = On invite une personne, pas un groupe : donnez plutôt un rôle à ce groupe.
domain-invitation-needs-end = Une invitation a un dernier jour : indiquez-le.
domain-invited-has-role = Cette personne a déjà un rôle ici par un de ses groupes : donnez-lui un rôle au lieu de l'inviter.
domain-unknown-grant = Ce droit ou cette invitation n'existe pas : rechargez la liste.
domain-grant-on-other = Le droit à remplacer porte sur autre chose : retirez-le à part.
domain-invitation-accepted = Cette invitation est déjà acceptée : demandez à un gestionnaire de retirer le rôle.
domain-invitation-declined = Vous avez décliné cette invitation : demandez-en une nouvelle.
domain-role-revoked = Cette invitation a été retirée : demandez-en une nouvelle.
domain-last-manager = Plus personne ne gérerait ce domaine : nommez d'abord un autre gestionnaire, ou demandez à un administrateur de l'établissement.
booking-grant-not-accepted = L'invitation n'est pas acceptée.
booking-grant-not-begun = Ce droit ne commence que le { $day }.
booking-grant-over = Ce droit s'est terminé le { $day }.
booking-grant-replaced = Ce droit porte sur le domaine, et la ressource a des droits à elle.
booking-grant-barred = Le compte est fermé ou bloqué.
booking-grant-not-theirs = Ce droit est donné à quelqu'un d'autre, ou à un groupe dont la personne ne fait pas partie.
booking-grant-not-the-highest = Un autre droit donne autant ou davantage.

## Calendriers en fichier

calendar-not-a-calendar = Ce fichier ne contient pas de calendrier : choisissez un fichier .ics.
calendar-not-ended = Cet événement n’a pas de fin (END:VEVENT) : le fichier est coupé ou abîmé, exportez-le à nouveau.
calendar-no-uid = Cet événement n’a pas d’UID, on ne pourrait pas le reconnaître : exportez-le à nouveau depuis son calendrier.
calendar-twice = Il y a deux événements « { $part } » dans ce fichier : le second a été laissé de côté.
calendar-no-series = Ceci change une date d’une série qui n’est pas dans le fichier ou a été refusée, ou une date qu’elle n’a pas ({ $part }) : importez la série avec elle.
calendar-not-a-time = Ce n’est ni une date, ni une heure, ni une durée lisible : { $part }. Corrigez-la dans le fichier.
calendar-unknown-zone = Le fuseau horaire « { $part } » n’est pas de la base IANA, et le fichier ne dit pas lequel c’est : choisissez-en un autre dans le calendrier d’origine.
calendar-not-understood = Ceci ne peut pas être repris, et sans cela l’événement aurait lieu à d’autres heures : { $part }. Saisissez-le à la main.

## Ressources et réservations

domain-resource-quantity = Une ressource existe en un exemplaire au moins et un million au plus : corrigez le nombre.
resource-unknown = Cette ressource n'existe pas : rechargez la liste.
resource-deleted = Cette ressource a été supprimée : choisissez-en une autre.
resource-name-unfit = Le nom d'une ressource a de 1 à 100 caractères sur une ligne : raccourcissez-le.
resource-quantity-unfit = Une ressource existe en un exemplaire au moins et un million au plus : corrigez le nombre.
resource-rules-unfit = Cette règle ne peut pas être tenue : vérifiez ses heures, leur ordre et ses limites.
resource-booked = Elle est encore réservée : { $count } dates à venir. Annulez-les avec un motif, ou attendez.
booking-unknown = Cette réservation n'existe pas : rechargez la liste.
booking-no-such-date = Cette réservation n'a pas cette date : choisissez-en une des siennes.
booking-role-too-low = Votre rôle ici ne le permet pas : demandez à qui gère la ressource.
booking-may-not-override = Seuls les modérateurs et les gestionnaires passent outre une règle : retirez la demande, ou adressez-vous à l'un d'eux.
booking-reason-required = Il faut un motif : dites pourquoi.
booking-no-quantity = On réserve au moins un exemplaire : dites combien.
booking-rules-broken = Des règles de cette ressource ne sont pas respectées : chacune est nommée.
booking-nothing-waits = Rien dans cette réservation n'attend de réponse : rechargez la liste.
booking-not-held = Ceci n'est plus retenu : réservez à nouveau.
booking-ended = Ceci a été refusé, retiré ou annulé : réservez à nouveau.
booking-begun = Ce qui a commencé ne se change plus : choisissez une date à venir.
booking-owner-may-not = La personne qui a réservé n'en a plus le droit ici : refusez, ou donnez-lui un rôle.
booking-no-series = C'est une réservation seule et non une série : changez cette date.
booking-in-the-past = Le début est passé ({ $date }) : choisissez un moment plus tardif.
booking-slot-taken = Ce créneau est pris ({ $date }), il en reste { $free } : choisissez un autre moment, ou moins d'exemplaires.
booking-more-than-there-is = Il n'y en a que { $quantity } : réservez-en moins.
booking-closed = La ressource est fermée à ce moment ({ $date }) : choisissez-en un autre.
booking-outside-opening-hours = La ressource n'est pas ouverte à ce moment ({ $date }) : choisissez un créneau dans ses heures.
booking-not-whole-periods = On réserve ici des créneaux entiers de l'établissement ({ $date }) : commencez et finissez avec l'un d'eux.
booking-too-short = C'est trop court ({ $date }) : { $minutes } minutes au moins.
booking-too-long = C'est trop long ({ $date }) : { $minutes } minutes au plus.
booking-too-late = C'est trop tard ({ $date }) : il faut s'y prendre { $minutes } minutes avant.
booking-too-early = C'est trop tôt ({ $date }) : au plus { $minutes } minutes avant.
booking-too-far-ahead = C'est trop loin ({ $date }) : { $days } jours à l'avance au plus.
booking-quota-reached = Le maximum par personne est atteint ici ({ $date }) : { $most } { $unit ->
    [minutes] minutes
   *[other] réservations
}. Renoncez d'abord à une autre réservation.
booking-shared-quota-reached = Le maximum { $who ->
    [everybody] pour tous ensemble
    [group] commun à « { $group } »
   *[other] commun à un groupe
} est atteint ici ({ $date }) : { $most } { $unit ->
    [minutes] minutes
   *[other] réservations
}. Choisissez un autre jour, ou faites libérer une de ces réservations.
booking-request-unknown = Cette demande n'existe pas : rechargez la liste.
booking-request-parts-unfit = On réserve de deux à vingt ressources à la fois, chacune une fois : vérifiez la liste.
booking-request-granted = Cette demande a été accordée : annulez plutôt ses réservations.
booking-request-refused = Cette demande a été refusée : faites-en une autre.
booking-request-undecided = Cette demande n'est pas encore décidée : attendez un instant.
booking-request-took-too-long = Tout retenir a pris plus de deux minutes, et tout a été rendu : réessayez.

## Bookings on the command line

draw-population-unknown = personnes inconnues
draw-week-title = Réservations de { $domain } : du { $first } au { $last } ({ $zone })
draw-week-monday = lundi
draw-week-tuesday = mardi
draw-week-wednesday = mercredi
draw-week-thursday = jeudi
draw-week-friday = vendredi
draw-week-saturday = samedi
draw-week-sunday = dimanche
draw-week-held = en cours de réservation
draw-week-pending = à valider
draw-week-confirmed = confirmée
draw-week-suspended = suspendue
draw-week-closed = fermé
draw-week-nothing = aucune réservation
draw-week-no-resource = ce domaine ne contient aucune ressource
draw-week-caption = Ce qui est réservé, dans l'ordre des jours, des ressources et des heures
draw-week-resources = Ressources, et combien il y en a
draw-week-column-resource = ressource
draw-week-column-day = jour
draw-week-column-start = début
draw-week-column-end = fin
draw-week-column-quantity = quantité
draw-week-column-state = état
draw-week-column-owner = pour
draw-week-column-purpose = objet
booking-import-done = Domaines créés : { $domains } ; ressources créées : { $resources } ; ressources déjà présentes : { $there }.
booking-import-differs = « { $resource } » de « { $domain } » est laissée telle quelle : sa quantité est { $quantity }, le fichier dit { $said }.

## Liens de calendrier

feed-own = Mes réservations
feed-taken = Réservé
feed-quantity = Quantité : { $quantity }
feeds-unknown = Ce lien ne figure pas parmi les vôtres : rechargez la liste.
feeds-too-many = Vous avez déjà vingt liens de calendrier : révoquez-en un d'abord.
feeds-over = Le dernier jour de ce lien est passé : choisissez-en un à venir.
feeds-no-such-link = Rien ne se lit par ce lien : il est inconnu, révoqué, terminé, ou qui l'a ouvert n'y a plus droit. Ouvrez-en un autre.

## Import d'un calendrier

calendar-an-address = Ceci est une adresse, et la plateforme n'en lit aucune : téléchargez le fichier et donnez-le.
calendar-too-large = Ce fichier dépasse 1 Mio : exportez une période plus courte.
calendar-too-many = Ce fichier contient plus de mille événements : exportez une période plus courte.
calendar-there-otherwise = Cet événement a déjà été importé et la réservation n'est plus la même : rien n'a été changé, modifiez-la à la main.
calendar-given-up = Cet événement a déjà été importé et la réservation a été abandonnée depuis : réservez à la main si elle est de nouveau utile.
calendar-cancelled = Le fichier dit que ceci n'a pas lieu : rien n'est réservé.
calendar-other-zone = Aux heures du fuseau { $part }, cet événement n'est pas dicible aux heures de la ressource, ou s'en décale au changement d'heure : réservez-le à la main.
calendar-and-more = Il y a encore { $count } raisons : corrigez d'abord celles-ci.
calendar-booked = Réservé.
calendar-would-be-booked = Peut être réservé.
calendar-already-there = Déjà réservé par un import.
calendar-left-out = Dates laissées de côté : { $dates }.
calendar-import-done = Événements réservés : { $booked } ; déjà là : { $there } ; non repris : { $refused }.
calendar-import-tried = Événements qui peuvent être réservés : { $booked } ; déjà là : { $there } ; non repris : { $refused }. Rien n'a été écrit.
