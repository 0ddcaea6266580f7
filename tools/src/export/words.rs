//! What sections, kinds of events, fields and values are called on the page, in French and in English.
//!
//! Invariant: every kind of event of a person has its words (tested); a field without words is shown by its name, so
//! that nothing is left out.

use crate::cli::Language;

/// Returns what `name` is called; itself if it has no words.
pub fn called(language: Language, name: &str) -> &str {
    let Some((french, english)) = words(name) else { return name };
    match language {
        Language::Fr => french,
        Language::En => english,
    }
}

fn words(name: &str) -> Option<(&'static str, &'static str)> {
    section(name).or_else(|| kind(name)).or_else(|| field(name)).or_else(|| value(name))
}

fn section(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "identity" => ("Identité", "Identity"),
        "identityHistory" => ("Changements de l'identité", "Changes of identity"),
        "attachments" => {
            ("Établissements, classes, groupes et fonctions", "Schools, classes, groups and functions")
        }
        "family" => ("Famille", "Family"),
        "directLinks" => ("Liens directs", "Direct links"),
        "account" => ("Vie du compte", "Life of the account"),
        "roles" => ("Rôles", "Roles"),
        "groupsByHand" => ("Groupes remplis à la main", "Groups filled by hand"),
        "favourites" => ("Favoris", "Favourites"),
        "bookings" => ("Réservations", "Bookings"),
        "feeds" => ("Liens de calendrier", "Links to calendars"),
        "bookingRoles" => ("Rôles de réservation", "Roles of booking"),
        "refusedAccess" => ("Accès refusés", "Refused accesses"),
        "messagesWritten" => ("Messages écrits", "Messages written"),
        "messagesReceived" => ("Messages reçus", "Messages received"),
        "drafts" => ("Brouillons", "Drafts"),
        "copies" => ("Corbeille", "Trash"),
        "erasures" => ("Demandes d'effacement", "Requests of erasure"),
        _ => return None,
    })
}

fn kind(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "person.registered" => ("fiche créée", "record made"),
        "person.identity-changed" => ("identité modifiée", "identity changed"),
        "person.attached" => ("rattachement", "attached"),
        "person.detached" => ("fin de rattachement", "attachment ended"),
        "person.class-joined" => ("entrée dans une classe", "joined a class"),
        "person.class-left" => ("sortie d'une classe", "left a class"),
        "person.teaching-group-joined" => ("entrée dans un groupe d'enseignement", "joined a teaching group"),
        "person.teaching-group-left" => ("sortie d'un groupe d'enseignement", "left a teaching group"),
        "person.levels-set" => ("niveaux", "levels"),
        "person.function-given" => ("fonction donnée", "function given"),
        "person.function-taken" => ("fonction retirée", "function taken"),
        "person.head-teacher-named" => ("professeur principal", "head teacher"),
        "person.head-teacher-ended" => ("fin de professeur principal", "head teacher no longer"),
        "person.child-linked" => ("lien de parenté", "family link"),
        "person.link-made" => ("lien direct posé", "direct link made"),
        "person.link-removed" => ("lien direct retiré", "direct link removed"),
        "person.hidden" => ("masqué à tout le monde", "hidden from everybody"),
        "person.shown" => ("visible de nouveau", "shown again"),
        "person.child-unlinked" => ("fin du lien de parenté", "family link ended"),
        "person.login-given" => ("identifiant de connexion donné", "login given"),
        "login.claimed" => ("identifiant de connexion réservé", "login claimed"),
        "person.code-issued" => ("code d'activation émis", "activation code issued"),
        "person.activated" => ("compte activé", "account activated"),
        "person.password-changed" => ("mot de passe changé", "password changed"),
        "person.signed-in" => ("connexion", "signed in"),
        "person.blocked" => ("compte bloqué", "account blocked"),
        "person.unblocked" => ("compte débloqué", "account unblocked"),
        "person.closed" => ("compte fermé", "account closed"),
        "person.reopened" => ("compte rouvert", "account reopened"),
        "person.missing" => ("absent de la source", "missing in the feed"),
        "person.returned" => ("de nouveau dans la source", "back in the feed"),
        "person.role-granted" => ("rôle donné", "role granted"),
        "person.role-revoked" => ("rôle retiré", "role revoked"),
        "person.erased" => ("effacement", "erased"),
        "person.exported" => ("données remises (article 15)", "data handed out (article 15)"),
        "person.incident-read" => ("actions lues après un incident", "acts read after an incident"),
        "access.refused" => ("accès refusé", "access refused"),
        "group.members-added" => ("entrée dans un groupe", "put into a group"),
        "group.members-removed" => ("sortie d'un groupe", "taken out of a group"),
        "group.manager-named" => ("gestionnaire d'un groupe", "manager of a group"),
        "group.manager-ended" => ("fin de gestion d'un groupe", "manager of a group no longer"),
        "favourite.saved" => ("favori enregistré", "favourite saved"),
        "favourite.deleted" => ("favori supprimé", "favourite deleted"),
        "feed.opened" => ("lien de calendrier ouvert", "link to a calendar opened"),
        "feed.revoked" => ("lien de calendrier révoqué", "link to a calendar revoked"),
        "domain.created" => ("domaine de ressources créé", "domain of resources created"),
        "domain.role-granted" => ("rôle de réservation donné", "role of booking granted"),
        "domain.role-revoked" => ("rôle de réservation retiré", "role of booking revoked"),
        "domain.invitation-accepted" => ("invitation acceptée", "invitation accepted"),
        "domain.invitation-declined" => ("invitation déclinée", "invitation declined"),
        "booking.made" => ("réservation", "booking"),
        "booking.settled" => ("réservation établie avec les autres", "booking settled with the others"),
        "booking.released" => ("retenue rendue", "hold given back"),
        "booking.validated" => ("réservation validée", "booking validated"),
        "booking.refused" => ("réservation refusée", "booking refused"),
        "booking.withdrawn" => ("réservation retirée", "booking withdrawn"),
        "booking.cancelled" => ("réservation annulée", "booking cancelled"),
        "booking.suspended" => ("réservation suspendue", "booking suspended"),
        "booking.resumed" => ("réservation rétablie", "booking stands again"),
        "booking.moved" => ("date déplacée", "date moved"),
        "booking.branched" => ("série poursuivie autrement", "series goes on as another"),
        "booking.described" => ("objet de la réservation", "purpose of a booking"),
        "booking.proposed" => ("changement demandé", "change asked for"),
        "booking.proposal-ended" => ("fin du changement demandé", "change no longer asked for"),
        "booking.threshold-passed" => ("seuil de réservations dépassé", "threshold of bookings passed"),
        "series.rezoned" => ("heures suivant un nouveau fuseau", "instants by new rules of a zone"),
        "booking-request.made" => ("réservation de plusieurs ressources", "booking of several resources"),
        "message.sent" => ("message", "message"),
        "message.notified" => ("avis", "notice"),
        "message.drafted" => ("brouillon", "draft"),
        "copies.trashed" => ("mis à la corbeille", "put into the trash"),
        "copies.restored" => ("sorti de la corbeille", "taken out of the trash"),
        "erasure.requested" => ("effacement demandé", "erasure requested"),
        _ => return None,
    })
}

fn field(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "honorific" => ("Civilité", "Form of address"),
        "first_name" => ("Prénom", "First name"),
        "last_name" => ("Nom de famille", "Family name"),
        "usual_name" => ("Nom d'usage", "Name in use"),
        "birth_date" => ("Date de naissance", "Date of birth"),
        "email" => ("Adresse électronique", "E-mail address"),
        "home_phone" => ("Téléphone du domicile", "Telephone at home"),
        "work_phone" => ("Téléphone professionnel", "Telephone at work"),
        "mobile_phone" => ("Téléphone mobile", "Mobile telephone"),
        "address" => ("Adresse", "Address"),
        "street" => ("Rue", "Street"),
        "post_code" => ("Code postal", "Post code"),
        "town" => ("Commune", "Town"),
        "country" => ("Pays", "Country"),
        "source_keys" => ("Identifiants dans la source", "Keys in the source"),
        "profile" => ("Profil", "Profile"),
        "source" => ("Source", "Source"),
        "availability" => ("Conservation", "Kept"),
        "structure" => ("Établissement", "School"),
        "structures" => ("Établissements", "Schools"),
        "main" => ("Principal", "Main"),
        "starts" => ("À partir du", "From"),
        "ends" => ("Jusqu'au", "Until"),
        "class" => ("Classe", "Class"),
        "group" => ("Groupe", "Group"),
        "groups" => ("Groupes", "Groups"),
        "under" => ("Sous", "Under"),
        "from" => ("De", "From"),
        "bothWays" => ("Dans les deux sens", "Both ways"),
        "favourite" => ("Favori", "Favourite"),
        "feed" => ("Lien", "Link"),
        "name" => ("Nom", "Name"),
        "people" => ("Personnes", "People"),
        "levels" => ("Niveaux", "Levels"),
        "function" => ("Fonction", "Function"),
        "discipline" => ("Discipline", "Discipline"),
        "child" => ("Enfant", "Child"),
        "relative" => ("Responsable", "Relative"),
        "login" => ("Identifiant de connexion", "Login"),
        "charter" => ("Charte acceptée", "Charter accepted"),
        "temporary" => ("Provisoire", "Temporary"),
        "cause" => ("Cause", "Cause"),
        "by" => ("Par", "By"),
        "until" => ("Jusqu'à", "Until"),
        "reason" => ("Motif", "Reason"),
        "role" => ("Rôle", "Role"),
        "below" => ("Avec les structures au-dessous", "With structures below"),
        "command" => ("Commande", "Command"),
        "code" => ("Code du refus", "Code of the refusal"),
        "count" => ("Nombre", "Count"),
        "subject" => ("Objet", "Subject"),
        "author" => ("De", "From"),
        "to" => ("À", "To"),
        "cc" => ("Copie à", "Copy to"),
        "bcc" => ("Copie cachée à", "Blind copy to"),
        "person" => ("Personne", "Person"),
        "audienceOf" => ("Les destinataires visibles du message", "The open recipients of message"),
        "openedAt" => ("Ouvert le", "Opened at"),
        "blindly" => ("Reçu en copie cachée", "Got as a blind copy"),
        "inTrash" => ("Dans la corbeille", "In the trash"),
        "inReplyTo" => ("En réponse à", "In reply to"),
        "replies" => ("Réponses", "Replies"),
        "message" => ("Message", "Message"),
        "messages" => ("Messages", "Messages"),
        "what" => ("De quoi", "Of what"),
        "writings" => ("Avec les écrits", "With writings"),
        "state" => ("État", "State"),
        "domain" => ("Domaine de ressources", "Domain of resources"),
        "resource" => ("Ressource", "Resource"),
        "notice" => ("Avis", "Notice"),
        "booking" => ("Réservation", "Booking"),
        "slot" => ("Créneau", "Slot"),
        "dates" => ("Dates", "Dates of it"),
        "purpose" => ("Objet de la réservation", "Purpose"),
        "quantity" => ("Quantité", "Quantity"),
        "resources" => ("Ressources", "Resources"),
        "series" => ("Série", "Series"),
        "into" => ("Poursuivie par", "Goes on as"),
        "grant" => ("Droit", "Grant"),
        "invitation" => ("Sur invitation", "By invitation"),
        "decidedAt" => ("Décidé le", "Decided at"),
        _ => return None,
    })
}

fn value(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "TEACHER" => ("enseignant", "teacher"),
        "STAFF" => ("personnel non enseignant", "staff"),
        "STUDENT" => ("élève", "student"),
        "RELATIVE" => ("parent ou responsable", "relative"),
        "GUEST" => ("invité", "guest"),
        "PERSON" => ("la personne", "the person"),
        "MESSAGE" => ("un message", "a message"),
        "SECURITY" => ("sécurité", "security"),
        "MANUAL" => ("saisie manuelle", "by hand"),
        "PERMANENT" => ("permanente", "permanent"),
        "SOURCE" => ("tant que la source l'a", "as long as the source has it"),
        "USER" => ("utilisateur", "user"),
        "LOCAL_ADMINISTRATOR" => ("administrateur local", "local administrator"),
        "PLATFORM_ADMINISTRATOR" => ("administrateur de la plateforme", "platform administrator"),
        "AUDITOR" => ("auditeur", "auditor"),
        "VISITOR" => ("visiteur", "visitor"),
        "WRITER" => ("rédacteur", "writer"),
        "PUBLISHING_WRITER" => ("rédacteur avec mise en ligne", "publishing writer"),
        "MODERATOR" => ("modérateur", "moderator"),
        "MANAGER" => ("gestionnaire", "manager"),
        "ALL" => ("à tous", "to all"),
        "SENDER" => ("à l'auteur seul", "to the author only"),
        "NONE" => ("aucune", "none"),
        "ASKED" => ("demandé", "asked"),
        "DECLINED" => ("refusé", "declined"),
        "CONFIRMED" => ("confirmé", "confirmed"),
        "DONE" => ("fait", "done"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use domain::group::Profile;

    use super::*;

    #[test]
    fn every_kind_of_event_of_a_person_has_words() {
        let own = domain::person::Event::KINDS.iter().chain(domain::person::login::Event::KINDS);
        let own = own.chain(domain::access::Event::KINDS).chain(domain::roster::Event::KINDS);
        let own = own.chain(domain::favourite::Event::KINDS).map(|known| known.kind);
        // What happens to a domain is of a person where it names one.
        let of_roles =
            ["created", "role-granted", "role-revoked", "invitation-accepted", "invitation-declined"];
        let of_roles = of_roles.map(|what| format!("domain.{what}"));
        let known = |kind: &String| domain::resource_domain::Event::newest(kind).is_some();
        assert!(of_roles.iter().all(known), "{of_roles:?}");
        let own = own.chain(of_roles.iter().map(String::as_str));
        let of_bookings = domain::resource::Event::KINDS.iter().map(|known| known.kind);
        let own = own.chain(of_bookings.filter(|name| !name.starts_with("resource.")));
        let missing: Vec<_> = own.filter(|name| kind(name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_field_of_an_identity_and_every_profile_has_words() {
        let identity = domain::person::Identity {
            honorific: Some("Mme".into()),
            usual_name: Some("x".into()),
            birth_date: Some(domain::Date::MIN),
            email: Some("x".into()),
            home_phone: Some("x".into()),
            work_phone: Some("x".into()),
            mobile_phone: Some("x".into()),
            address: Some(domain::person::Address::default()),
            source_keys: vec!["x".into()],
            ..domain::person::Identity::default()
        };
        let identity = serde_json::to_value(identity).unwrap();
        let fields = identity.as_object().unwrap();
        assert_eq!(fields.len(), 11);
        let inside = fields["address"].as_object().unwrap().keys();
        for name in fields.keys().chain(inside) {
            assert!(field(name).is_some(), "{name}");
        }
        for role in domain::booking::role::Role::ALL {
            assert!(value(role.as_str()).is_some());
        }
        for profile in Profile::ALL {
            assert!(serde_json::to_value(profile).unwrap().as_str().and_then(value).is_some());
        }
    }
}
