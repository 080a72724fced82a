"""How programs that administer the machine are called to look only: the table that `machine` reads.

docker podman: ps images compose/ps       these words come first, or these two
systemctl: . status                       . also without any word that is no option
crontab: +-l                              only where one of these options is given
dmesg: . !--clear                         not where one of these is; of long options the beginning counts
"""

from msgspec import Struct

_TABLE = """
    docker podman nerdctl: compose/config compose/images compose/logs compose/ls compose/ps compose/top
        compose/version events buildx/ls container/diff container/inspect container/list container/logs container/ls
        container/port container/ps container/stats container/top context/ls context/show diff history image/history
        image/inspect image/list image/ls images info inspect logs network/inspect network/list network/ls node/ls
        port ps service/ls service/ps stack/ls stack/ps stats system/df system/info top version volume/inspect
        volume/list volume/ls
    docker-compose: config images logs ps top version
    systemctl: . !--root !--image !-H !--host !-M !--machine cat get-default help is-active is-enabled is-failed
        is-system-running list-dependencies list-jobs
        list-machines list-paths list-sockets list-timers list-unit-files list-units show show-environment status
    journalctl: . !--flush !--relinquish !--rotate !--setup-keys !--smart-relinquish !--sync !--update-catalog
        !--vacuum
    dmesg: . !--clear !--console !--read-clear !-C !-D !-E !-c !-n
    crontab at: +-l
    atq lsmod modinfo netstat lsof top last findmnt pstree mpstat iotop lsns lshw lsipc lslocks systemd-cgls
        systemd-cgtop pg_isready ipcs: .
    apt: !-o !--option !-c !--config-file depends info list madison policy rdepends search show showpkg
    apt-get: +--version
    apt-cache: !-o !--option !-c !--config-file depends dump info list madison pkgnames policy rdepends search show
        showpkg stats
    dpkg: !--root !--admindir !--instdir +--audit +--get-selections +--list +--listfiles +--print-architecture
        +--search +--status +--verify
        +--version +-L +-S +-V +-l +-s
    rpm: !--eval !-E !--pipe !--root !--define !-D !--rcfile !--macros !--load +--query +--version +-V +-q +-qa
        +-qc +-qd +-qf +-qi +-ql +-qpi +-qpl
    pacman: +-Q +-Qe +-Qi +-Ql +-Qo +-Qs +-Qu +-Si +-Ss
    yum dnf: !-c !--config !--installroot !--setopt history info list repolist search
    apk: info list policy search version
    brew: --prefix --version config deps doctor info leaves list ls outdated
    snap: connections find info list version
    flatpak: info list
    hostnamectl: . status
    timedatectl: . list-timezones show status timesync-status
    localectl: . list-keymaps list-locales status
    loginctl: . list-seats list-sessions list-users session-status show-session show-user user-status
    resolvectl: . dns domain query statistics status
    nmcli: . con con/show connection connection/show dev dev/status device device/status general
    swapon: +--show +--summary +-s
    losetup: +--all +--list +-a +-l
    tmux: list-panes list-sessions list-windows ls
    screen: +-list +-ls
    nginx: !-g !-s +-T +-V +-t +-v
    apachectl apache2ctl: configtest status +-S +-t +-M
    haproxy: +-c
    hwclock: +--show +-r
    ssh-keygen: +-l +-lf +-lvf
    ansible-doc: . list
    lsmem: .
    update-alternatives: +--display +--get-selections +--list +--query
    ufw: status version
    iptables: +--list +--list-rules +-L +-Ln +-Lnv +-S +-nL +-nvL +-vL +-vnL
    ip6tables: +--list +--list-rules +-L +-S +-nL +-nvL +-vnL
    nft: list/chain list/chains list/ruleset list/table list/tables
    firewall-cmd: +--get-active-zones +--get-zones +--list-all +--list-ports +--list-services +--state
    kubectl: kustomize !--kubeconfig !--server !-s !--as !--raw api-resources api-versions auth/can-i cluster-info
        config/current-context config/get-contexts
        describe diff explain get logs rollout/history rollout/status top version
    helm: !--kubeconfig !--post-renderer !--kube-apiserver history lint list ls show ls status template version
    terraform tofu: fmt graph output plan providers show state/list validate version
        workspace/list workspace/show
    dpkg-query: +-l +-L +-S +-s +-W +--list +--listfiles +--search +--status +--show
    dpkg-deb: +-I +-c +--info +--contents
    apt-mark: showauto showhold showmanual
    pyenv rbenv nodenv asdf mise: current list ls version versions which where
    opam: list show
    luarocks: list show
    tlmgr: info list
    minikube: ip profile/list status version
    kind: get/clusters get/nodes version
    k3d: cluster/list node/list version
    hg: annotate branches cat diff heads id log manifest parents paths root stat status summary tip version
    jj: diff log root show st status version
    sestatus getenforce aa-status jps lsscsi: .
    jstack jinfo: .
    nvidia-smi: . !--compute-mode !--gpu-reset !--persistence-mode !--power-limit !-ac !-c !-e !-lgc !-p !-pl !-pm
        !-r !-rac !-rgc
    ss: . !--diag !--kill !-D !-K
    arp: . !--delete !--file !--set !-d !-f !-s
    lastlog: . !--clear !--set !-C !-S
    sensors: . !--set !-c !-s
    pidstat: . !-e
    sar: . !-o
    coredumpctl: . info list
    networkctl: . list status
    logrotate: +--debug +-d
    sshd: +-T +-t
    named-checkconf named-checkzone zipinfo: .
    visudo: +--check +-c
    fail2ban-client: ping status version
    certbot: certificates
    gpg: +--verify
    ansible-inventory: +--graph +--host +--list
    ansible-playbook: +--list-hosts +--list-tags +--list-tasks +--syntax-check
    vagrant: global-status port status version
    packer: fmt inspect validate version
    systemd-analyze: verify . blame critical-chain time
    dmidecode blkid lspci: . !-U !-p
    smartctl: +-a +-i +-H +-A +-x +--all +--info +--health +--scan
    fuser: . !-k !--kill !-K
    getent: ahosts group hosts networks protocols services
    gem: env environment info list outdated which
    redis-cli: DBSIZE INFO PING dbsize info ping
    ollama: list ps show
    rabbitmqctl: list_queues status
    zpool: iostat list status
    zfs: get list
    chronyc: sources sourcestats tracking
    ntpq: +-p +-pn
    supervisorctl: status
    pm2: list ls show status
    virsh: dominfo list
    numactl: +--hardware +--show +-H +-s
"""


class Looks(Struct, frozen=True):
    """How a program is called to look only."""

    first: frozenset[str]
    alone: bool
    options: frozenset[str]
    unless: frozenset[str]


def _read(table: str) -> dict[str, Looks]:
    found: dict[str, Looks] = {}
    for entry in table.replace("\n        ", " ").split("\n"):
        programs, colon, rest = entry.partition(": ")
        words = rest.split()
        looks = Looks(
            frozenset(word.replace("/", " ") for word in words if word[0] not in "+!."),
            "." in words,
            frozenset(word[1:] for word in words if word[0] == "+"),
            frozenset(word[1:] for word in words if word[0] == "!"),
        )
        found.update((program, looks) for program in programs.split() if colon)
    return found


LOOKS = _read(_TABLE)
