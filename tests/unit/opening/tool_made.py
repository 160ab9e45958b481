"""Containers that real tools have made around `CONTENT`, packed with LZMA; each with the command that made it.

Debian's arj 3.10, genisoimage 1.1.11, dosfstools 4.2 with mtools, qemu-img 7.2, ntfs-3g 2022.10.3, exfatprogs 1.2.0: what they write is what mail carries, and
the tests need none of them.
"""

from __future__ import annotations

import base64
import lzma

CONTENT = b"".join(b"%d bouteilles, et une de moins\n" % number for number in range(99, 0, -1))


def _unpacked(*lines: str) -> bytes:
    return lzma.decompress(base64.b85decode("".join(lines)))


# arj a -m1 m1.arj a.txt
ARJ_1 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~nR+7hM1_I)Oj|7;T^%mvk%_U`3LkpsJ&{yp*{297y*A{&6m=z12!<d=h!N#1)71FBCg6_E)m<2Gm?&",
    "Cf`UrnNiu7viB|WFb$@HB{@4du6wD-vAPem38gy95QiQ>|K$CNjrn#AO}P-L%XTUwJkS9=Djm@W{IsU<?5)OWvlzn3p(@n8Fcol?1k#_KY^CfY",
    "3{E54Z2OYN=@vWGh?1fK`g6j-VUZuL`%|`~u3YDq;@K2U{5os-6)KFBiUeD*r9TFR^Cn%Gq(erz<g}`2T;`Qisn3lpo|*q)2G<<%?J7qQ2i~+1",
    "{#;N44bBij4<RJwNK<xmi1!oqC6tHeH;5=_+8(_L^T%WSt|m@)`RL;S00000xxWK_sF9q300FZC<N^QyXXH|UvBYQl0ssI200dcD",
)
# arj a -m2 m2.arj a.txt
ARJ_2 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~nR+7F_@^I)Oj|7;T^%mvk%_U`3LkpsJ&{yp+bbcu4o7VXOBCRgW#n7YX8!JM6x}5&+ZR2q0IpQ;{LH",
    "lHp@30oL%G1NEaw5k~xtt~mXACoBG!n99w$BLI(a><_mZ9t=dH7_zOT1@Hgthk5XS$3n4h8qyp(_{WD|;}Uqy+`x#IyTqeNmF=)`glvCBe~Y9i",
    "0HMNJ1~=Rtuh`grVpLDd&Ceq?N&spuyg=o)MBuPtv!%dZguS*e<~o_SHwVWluHAT_i{KlCb$mOkB+lcB_ZyHWukP_@8c^1;*sY`9gR;n4s2dFJ",
    "C=XOzLM1f9U1zZ4rh_=494m*{YKRYJm^mq(tl?v{VMy*QWE3NsTF!U?00000Q<BF7bKF|800FWB<N^Qy!Z!}IvBYQl0ssI200dcD",
)
# arj a -m3 m3.arj a.txt
ARJ_3 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~nX;7F_@^I)Oj|7;T^%mvk%_U`3LkpsJ&{yp+^;&`9?K{@+=S1`aFRlD@VflqP1iyv&Jha{9?QQ%N5-",
    "Fl?N+5+`Rn(}XbJwco2wSS*X3Kz`OI&{ufVX`^CL#cXOaoQI4n{t5pVBK(fR<nNLMv@nSNx|xyq8of<vOVt<(nY_lpI(QH~2yQsQ8&b!BnSkvn",
    "F}bq#fh`=eKy6z7Hu!>dfw%C^Z8R2dFQI$U^E{!+&|zslR(7k@+&9-|YY%OT>Dh<x*z@QpF>g7TlqaTeNqk}r?&okc8Ew=-hQ=D54}cOsZCR0L",
    "0Z;6+?mGi|wmQgV)$r{fLmwX!7=p1#7_PV(nr;?37Fw`#&8<2zBS=;N000001EQ^I3+Me@00FWB<^li!N&g2PvBYQl0ssI200dcD",
)
# arj a -m4 m4.arj a.txt
ARJ_4 = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~s6X*<AoII)Oj|7;T^%mvk%_U`3LkpsJ&{yp-ZNEJ*hQ{CRbRond!Zy$fk8Ithy-vZhw)QAfHxYxCIR",
    "07ps70%3U@a8QE{M~bYgkS4Vl+(D49KbVjZAlTn#J=2BDSB0sxdl<q%<I7amb-R(`K#tNsx8Vq{w2sYp)O3<zOQhX#OURyiq*(pZ8$w!iE4ar%",
    "Wd;4wqWB>3bfnbztROG9qJnamIVW;|lbH5H`2hxMjb+|=L6;v?r#N<*-Uc!tslBb-dj{1CMjHIaYq42i8F$K`)+GP{00000A~SxXv-2cK00H#@",
    ">H`1(!fNgSvBYQl0ssI200dcD",
)
# arj a -gsesame garbled.arj a.txt
ARJ_GARBLED = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5-~ng>O<e#mI)UH;7;T^%m|{Es1_Y188KPPYB{Mf=6;iM(e*&$tqy{qWON3nVP>cwPRMIV76xYRWJLNxJ",
    "srTR{h}q4mbA9`SCELlgG$t0wMU9ke+z7V$aeB`J1LtOqYu3!7L@t~VYGj%pB6p@;ATwT@LogEdC5O2YM%xNIpLg<zdaT8edVL72Rh7mHRJdsv",
    "#J2WeO&=>Bp__-75(z<C!4KwZjd==TEL+=5bq&G`#^cqhwoj2}iMyv1qq6;1O*`o%tvSOlPZ<pLck}&+->ww`#cf0<;u0Lz>PG&PwU$H-{`pR(",
    "{^|-BEdrJt3aI}dOvr@fOs;13;W^l?W%GqAa3)a3!<ex@@O}uR`DPd>Jxs?xUvt2!$0pW!fQy(!c3&braGajZ*?gKcKJ_(>XsC~F8{oZdgz)bu",
    ")e)gEy!Z@Ymn;AP00000YlT%0j6=p800HR&=>h-%D;F&wvBYQl0ssI200dcD",
)
# genisoimage -udf -o hybrid.iso in: ISO 9660 and UDF, with a.txt and dossier/b.txt
DISC = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5?N9#)3|#;KZ~g!OqqqM@K1daEIbl(_k|^e*h6nlX<Q{_4FU2}M0ZXxd$%=|iFQX0Ff2QM%BN0>JSs2B2",
    "isE<oMDN`Wjz^y=<qdT~yF;x#EEu!}J<DM*7{)-aiZyz7?A_DN|I<L54U#&MOi3Xg_Le*k_go_-J+u`;z^wlDd|MaiH;EfxO~?RWMIy8Bw5HT)",
    "7a;aLyMU5}MNPoqu*r44=!n4VqMmE*k|eBHV6M=~7beC<)W*`?XJG0lLj>z<>}*yhu5w35Ra!sSP73Y)sO;z733v-@=|vx{FQ;k>$M<|xk#u=-",
    "uPp2F>|t60;*HiVGhMJhf5P8BPn5)Sam)&L(!5;r(82yAXVQEP`^cPc(?Pjl@nmTB$?93I$(8`BS06+X#53!W6u{ToO~R$D_uR`)aIhyDzU(F3",
    "M{WXyd*PO<ipfn6W)Q7#T{#kwA^cmxFzG=V=*#EE8(iGdXWOh2sQZB@g&~)<B_=`J2rI1(vT6>7bNxB?alL)#QQ0-9Dh$8_HI|63OuBHH1$}rf",
    "3y4`2nD+8wXTPIYQwS>-p7L($RN-_5T^v379I`saa2J+Wu0+QINjN*i^y8)%;Kkq}52k3e?dk6K76rKA`;;PXQ4dsBp>N@t^?2B4&4qIJ7HX=X",
    "!+|`N#W8a$#vX?^eeB0dkfH9{1!U><2{N--+w`J2Wv-TkJI6H$wbF76F3#Py!tzi*{{|o{o5a3R065QXinxfAoxxrYY~#DYnTCl;h|`$EcBBiF",
    "OdL96##(f9Cz&Jr+sC^;<uE>n$e1Se#Ew;D<gbmQ;*v(0uMlF+G6@7G)+!1Euf7K+ik6t<R=)~fTp9iI7FS&glb+OU*jJ>+%E5O`l=NSig~48P",
    "(Dr0DN&j|D-<70bexjC|_E!fpPVM+{cv<)h&Ht4sMh~g{eBS$-FfLZWkA?Gtfxu<NB~$qIkv1^}l--A}0Ez&Wi@3t<XT|TlF3vVI+SG~+W|yJC",
    "azKl55;VrT$`-@0-a+#D4c5K?HqcHrwSE*=v6h6qsRO0K_}&a4zqFD4`eo^toBLUwZM-xEZ5`s`5-y;_`V?UK#sUMlS)bzUo=gP={K>|+wrv~p",
    "(~Da*gKcT8`Plw<o!ss+pu)aY{DL6nNy4ZwStRBY2O-Q_G1HN7lbDJkDb8*g9n#MHeb$!uNgWeMvJC;P*}(0dbxtE&Nlq00k#Bh@`u;*zZq_N-",
    "bgZJ~7v!9ggRTKblXzZ9v%~=J@r3qEW}uEUa?@Am+`Jj#Jp(8aDsEmZgdXjI*sg>1iR8nQ1-c|0jd{?dT)fYY+&E$K0?OD3!sCW|32{j}Uujf3",
    "G1_Mgmyxs2mb&4=FK$p{70UeCcor^~O-3$L^3Mn_3IOak;77Yt^vh|wvG@jyl@A`&-2cAUHzI@B#Z!JN36#%r5hQlstP|(sHO8Y>|4k94k-tyt",
    "azCr-o#)N-k%ubsTZTrn=$re2mJoc8hnYsXE`jU<jKD7u=%QYYk%NERM6O4PfLut*N=4v2p;SRD^mu!gVWYb^Rq&3*mrC#74Au#CFX4RL&YGO(",
    "+r^|VQTN$yvk&&cEZXsZ%h1blqVgnA-)s-9L)x%gc`C#hc$6~-Y|whYyM;#gl$kVpLuj6%b?z5dQ<`uO0NBptt0y2WiV~VXh}<jXc%HdBceS1h",
    "fSmXjMyivVD6XRj^2=X(ciGp#%VJ+rk}Yk19IltK_`&?zrqU)DNvol^7jElPVPh{$gd%qhzbw_#)Jzh3!9P>+5cyiN=uIYIAUAHZGhj_}vMtZ#",
    ">YdFFBh`imRloZV_7f~R6#x09<BuE-BfsjeWVAupqIW#@JA9Sb0%6BiWfz~_kc_8XBaK(Ks9;)?1`JyUe$qDkT_8i(1y;et+G_M?M_g%~yGXV8",
    "49wbYc5o&F08xc;p8DHB*1n;ge;UZ6x}QaGFt6dKRcsQD*S?~@e?l__0vP79fF?}-tcNWs2;E{XVt$#NC@MOU&5_#<?U|P#?+i^0*uP>6dfv>(",
    "OcZCG|JG{)2Xq;1i3Gu+Q#CzJA!i^S>LdKrz;?J#B&bn)gO0(1>%I}YMC1C}f7w!vtS}BP7Sx2V{QBKU-ck!-=g7%G;R+o=P0#dcU}dwSenljB",
    "menU89qpTs9+;7tPytx^8|sF%Yp!hcLaeiw$XFekWn2QV!e<#%_pe028XH9NUj2=5^cAooh@^#N`Nq_CQ}zM87q08}r3zMx5lf3|b44kPX#2q2",
    "`L(kF29}fhtTE(JT}OAaY5=K=6*L(duZ>SS<0WYeZ@yQPtnCQpgXC*o3%z@A#ZBx$$Mb}7AM1$00meX9%tOUN>RnQgKF|OF8|qsY9eoN900F2D",
    "fS@%1($G2|vBYQl0ssI200dcD",
)
# qemu-img convert -O vhdx -o block_size=1M fat.img fat.vhdx: a FAT volume of 2 MB with a.txt
VHDX = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5|Ni&_YFz+38VIrI&8I_LmG{z=34qeGcsXb5bMMRXR1OQDkIdZ9XPedWSjo40n2ZD&TSI67vM(sH81sW=",
    "x6#6yAB;yChYQ1#AU+DS%fwiTZP+`jiZ=f^!-1s%Is4NPd0M)pwb&Mv9JT>5#E`_NVf-A-U-esJ;_aI|9ixHf-d=j?!F7#st(FO#H~4$X&tH4&",
    "q61ffgTK(B?LVB^pY9738&fmTN2oSDd@a`^+Br*zI&%5=h5R=3LR&L*MS7xQatDcoM{PS9h{6;44}~2*WR&SD%=2}$z(=s?K(1(D&aa#OUI;Am",
    "yU$_AE9X2ekY4M2?=X9ymq!BLHcJ^bt!i*v-v{2F*`zJ!BSQ{sh>E{oUZ!6@gDE$UXLMGBoCO7eATB{|pWdZH%ZNW*0FTg4uO=vzaUVU8B;jzL",
    "rz2nND9eS>m6(ctDv|Ohb@v&-2AEBl{n)S7kPpNqQ~33fHZcXIu<mcca7{-H(UB3VtzaFx&ao#LTv>+cW>Q$b>2|DHy&E0%(`c<SULh5G;95Nh",
    "U=moE=)E2%EwTJbl(7u~P$Imyq_+(nRB(y=M}f-f4NrGzFYlGD>98uSnfYYY;<vA^o3aVe=BTvBd$}5`CG@O>8Rt;3X&rC-ONbC`Ld%FhTmX;I",
    "POl~?lyM(Dk0jx6o~I*U>?q5H(Uq8rekzgjCw2E3zy_F2nElwV)sPRwB~$qIkv1^}rLgXA!EjAS4AGGhs;yuhy3VmD7+hI~>1I+`zUg+XS>)wg",
    "1qk`a+O7QiQY&=L9$O$n`Q1}J_$g!wJAlh7Y_vJkjGzA}0n-2?i3U~>oGSuZ5~#sr8MA3U;)tX4qA;N5%Un$x)K_zDrs2r`c_Fo^Gmm0~eOggs",
    "l5|O2#BH*Y=b*^W2L$e)-lamzh(BBakI+u9CMc9~A3cvG;c%X(BVX(&%Z1UEn2LTXk@6>X_Zh$jm`#}d*ss-)55y%?`1O%CF$JZt?r*_xO-BsT",
    "krAq`U>&;7u_qW@S%&FmQdqv}cB%3p5BV6W!v9hAZii2TOIeGdV&o9q>)|DgCrMpn0B<lW$a|!fE?fI+Bpc`29{CZ=7jK2aSx?$1S&!e=W?usq",
    "g3)Ftd-M1+Ft$b?nefQ@Z0Dx+pndq?xe2_zB3AqWz(gUNNt*vA62?1b<0Ut3<;-bpwb9;##ZA#L9o2RzH#nBtCmT|hf>T2)kuOK>{oBZ%*$oQP",
    "*%mi4!QH3H;h`U-%$H+na|9%u+hpJrz%n<Or4<3C=%WcL?5h7-CaiJ{7LupFIgcdaaGs|lU+gH$h0&Fmihe4Q@+Woo8NddZO_=@Iuhozb#3fVs",
    "^^rC)1*Nd=Z^3X)M-0)C5vr|V9lFl3Cm38=hUsQfSib3YtXbscTLlRD$J(v@`%)`(%^q7ILiycOJ@^&UEg7Hx5CJRz>~mA6{l2bzF&<Ky@A-Q(",
    "D9eS>m6(ctDv|Ohb@v&-2AEBl{n)S7kPpNqQ~33fHZcXIu<mcca7{-H(UB3VtzaFx&ao#LTv>+cW>Q$b>2|DH<mFoh2>Hj_t^E5^D|F2sTOdOD",
    "-BUgIDP##dfXgau-?cmN#Jw(Gst-O(W<rn?4*w97_;Gky_zTVdl_*9Jsr-E2`<gH=R=|&i^MirFWyB>@`1O%CF$JZt?r*_xO-BsTkrAq`U>&;7",
    "u_qW@S%&FmQdqv}cC1<C<y!>^`N!I={QFWXbj==HAVT@wQ$6@8WC=Tf%PMT&wL9>{y)Iv>4?as~LXZ;<{}7Y-ad=ty3(fzPC`J#d{CwW~nlLU_",
    "z>kIVgMq+h#3fVs^^rC)0x(m~pZ^d6D*)_sQ>XpDu6!{XpSO)MZg8HbBVX(&%Z1UEn2LTXk@6>X_Zh$jm`#}d*ss-)55y%?`1O%CF$JZt?r*_x",
    "O-BsTkrAq`U>&;7u_qW@S%&FmQdqv}cC1<C<y!>^`N!I={QFWXbj==HAVT@wQ$6@8WC=Tf%PMT&wL9>{y)Iv>4?as~LXZ;<{}7Y-ad=ty3(fzP",
    "C`J#d{CwW~nlLU_z>kIVgMq+h#3fVs^^rC)1*Nd=Z^3X)M-0)C5vr|V9lFl3Cm38=hUsQfSib3YtXbscTLlRD$J(v@`%)`(%^q7ILiycOJ@_eP",
    "2|IwxDs11iJMhH4E?=q-K1*gokP{C75R>?Ecv<)h&Ht4sMh~g{eBS$-FfLZWkA?Gtfxu<NB~cGQvXBG30xAG|X@O};pEOwHW$(d;vLF5?fIT(C",
    "mQ)>571-qT0#@pd{|e&nZ02d}?foeIiJeNi$Y0c=1(|&ny~bbndpiHAC}#hev2=AA5Q7!N3M*hxfSo*Z$q&Bz<3j%5IEQm&tSn(#HzFaYM)I$e",
    "(c2Z?fjSan)%fu};%|f!-~^*<HZFN`J+d7`M*Tws^xg~TuaQIuCXja{7dFH5wT6=Ew%ekk4-%8$-<E8Nw<o4^^=j+71kuk0_;)s|@29_T?fh{a",
    "?YDMp=YlSk;HGNO1ME{26kA3kgH~kM{sw5455t?HKW3Gq7&^?g@f<aTg0^sjZn3<lA0igq^t>2*)xN}fek-)O-UvV%1b0GtTo|(}M#NJcPG>KJ",
    "7f9XWtCV=m+2UTpEVtbJ5{6<ry)~z*fu;M){y?_YU4PdLddZw4;y%bxo4p~D)^wPw_B3z?rl@qSsEL>b&H8R~CQIxT=n$}_^MLQBMPW_WGqpBy",
    "QzC(gaIAuo?Y_HT4ngnTq-(dIe=JD~l&|i1!kX~t$<u6m-ngoELN=qXyvFvTqImd~SX`I99Dt?9K9neCb<VNpCL^f$28-GCf7T5fKYe$rgA^fd",
    "(banMJ`_`8cC1<C<y!>^`N!I={QFWXbj==HAVT@wQ$6@8WC=Tf%PMT&wL9>{y)Iv>4?as~LXZ;<{}7Y-ad=ty3(fzPC`J#d{CwW~nlLU_z>kIV",
    "19OR@00000<Hm(L3kjy700Ht5fPlaR5o~k@vBYQl0ssI200dcD",
)
# qemu-img convert -O vpc fat.img fat.vhd: the same, as a VHD that grows
VHD = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5|NqtlUR?k&o5~n)w4@C({@O*5FmAidZM-1cqmICOO(q0TDmMa-ero~N4ig%(lTRr|T0L;psnafirvk$W",
    "k&yQ9{=<Zcbi$9~D^ZhL5NR6fc2*-RY{kbCu^q#;<cDZ#o87D&{cUsXzc!)U__Czvx6JkIIY_4{<ey_gvx%PP;hT_%q9zp$KW`iNg<&6sO)3_f",
    "*yAb}n8^oHM~ETl-J?a1`yWx;6<0<*0xMX&1<Y5)OQACNB1x>TN#+6tT*YBKl2HKoLnV(xV|96*{Jz51#Bsjd3(nY5I#D+=8d}?d^ylKR16@`u",
    "ZuW=bQ>lyXVHUU5mxBT}!t3Er2(U<XE#z!)l52RKa-W+;8vl()CjRexG%d#~n&S$i-hj9B;b<c~8-QPTlgD{uLQz69j@xxu6%$B@W4~d5YcVI{",
    "r;5SA0_CH9gqZ4s+J6Mo-aE@m2>{t^<=|~u*E6854=TBZ-r@slq(bi~q6bt2Y|c;byP~Zo5Z2mGwR%IrzZ*_Euq7LRLo~}MF}e@i%_|d5xHzK<",
    "t9l7A%dx@}PKt>=2^6j8EfG%RaLP7TFVH>%0QWMo97kd-Zc;+m2}ZC4j+-@V2~sH>mxKUP)N+S2&P3+_=kZ&n4b|*#BXh04u_+<dy`kDTa(VE7",
    "=Tb-c8b}1}*=_yZkVK&d;umAVL;Vyl_+k8YDR(5r6bDxtEORNCVbt&6j?A4IH!|5hU<0(nkiGZtOivrsL+EtKixGr|2IH?N0h?Sp_J)g00V&7!",
    "Xx5uQ?ar|$7+hI~>1I+`zUg+XS>)wg1qk`a+O7QiQY&=L9$O$n`Q1}J_$g!wJAlh7Y~Qsz@Wj0?U#bs2OJ+il6Au3nllXCXS@;Xh|CK0452^fo",
    "-us#`E>^&gh4X`fz-7cGQ~33fHZcXIu<mcca7{-H(UB3VtzaFx&ao#LTv>+cW>Q$b>2|DH<mFoh2>Hj_t^E5^D|F2sTOdOD-BUgIDP##dfXgau",
    "-?cmN#Jw(Gst-O(W<rn?4*w97_;Gky_zTVdl_*9Jsr-E2`<gH=R=|&i^MirFWyB>@`1O%CF$JZt?r*_xO-BsTkrAq`U>&;7u_qW@S%&FmQdqv}",
    "cC1<C<y!>^`7l<i_<#&301W`m7mtk^EAK@E^`8m=00000P~7%P>5d6%00E5$fS7;*W%!1HvBYQl0ssI200dcD",
)
# mkfs.ntfs -c 512; through ntfs-3g a.txt with a stream beside it, a folder of 23 files, two of them written in turn, a file that
# was removed, one with a hole, and one that is compressed; its log, table of letters and mirror are zeros here
NTFS = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5^1uHM8C?K%l#T@ApmFpAsq@K`QL~5eG6o|*_I#UK8Cqnznt~{ZFGKH*XjI|y)d5K}T+*!u@Ou|GqEmE!b_",
    "Cb{=Nu*-PTcp@$mr#3yZm&Nit9w_Mk6gWRiTUHup-f|2biTa2WSYDKqLF$_PbHsWunE!b`fb5g6=hID*FSvXm6E+(R>LNvZ<PIQoDJfsgN*|Ekf)",
    "I7B=KAdU0hRO#WM&jMjBLSkrz}ye#OlIuecn9S%I!h|;g#w(jRMJqvpLz@#ckmrSKylz>*d{F1fu-ugGIH{h3?2SGwpXV@8-)+moX+nF{PMsb@l{",
    "~$9+*z*ll0s#1Jvg{#HeJ4R>-6wjz;R7=OM&dT66D+Y&FPh!P(~k*KQRd6VBp`J+NG9ZLtL#Dh)VI+L;agVe63h{9-X*A(ignMIQ?_<cNZt_9WS@",
    ";i%jl`uBEZE1Xt`ErteMOpvQLUOX+t~v1yk&|BWvNR1!-5gnNO|PofF0&YU%~y=bX64rV8o0d?9GH^1f~{#`re6I-#}j`<-e$NRndEU&#>iLs*T(",
    "xJa9-8{G}fBWS$b+Uu!^6Mm_Q^<^ut6oG#(nW(M>%i0j!>=I8gmAQJX``gpTknKS465$ADn#*VC98QfQdVxN*%7X4Mcuy1PEmT}wTNJyIrZMl!8Q",
    "***VS{&uiZ@^KBagE`U0Ca?aaoAeiiS08r-U=w)1&=&u8q=(5*hDmQf9+6kH>F|S>*!cdX(pO@CN)2$QM-zJl7$USY?~H&nu9VDJPs{<UoJDhN^)",
    "{STMf>eWTOK0=jPB9q%}``7s>)znvC_AFL-*s0kfCn$$bFjJST7JOj_zkR=xawrFLHjCdt^#WTNGB|M`T!W+ICsQWxooYXTrKB34UoNU|?55#VvX",
    "EqmX17&P6W<Jx=_Tbgx)w%^HRG!1zmOy9y>%oil+4}VrhFefYn&ov)$?LkbaLf$8*DqDAVuHh@I4XN@Ib#4&6!5}dz~V(Ins&c<9}%+UtTIRq2b_",
    "Uv@nqwaV5RD-#~z^s`iyrrD>do&J-Oe0Rs)YCb4MkgTcJPE#)q>(0RRlf+AkLQnGsZ00#Bn+{cYZ|&y9cHU0^*)7-7kxI^n_%XV{fc`v<e-%|?ip",
    "I!t8AGWe`;F~T8dW*k3xtC<c6Vm$qgY0jTvZ$=}Dn`{`+e!o!71S5-#(<Zn3%6l-rB74pS<Z@S68R%-OX}xn;xJv<cV};h=&^LL#J@>K<+(T2f84",
    "&vv;<!Y+?F7hU+aSd`S+s;j6!)K8>}{atW1wGfIA8gYJb`n;wsyXq-<YQFzl2eQET50_W!J<dc`^^jR-VND;Z|IgzsXiy7nxC7mtV@i!si|$mh3+",
    "u)^gRHA1Z+6mDj4F+lkExFqm^gN^4;GhnQ_X=b}_#Ea*e4#>ayTnT~h~9vnUy%P*xfv~sgBSijBVK^wz_?X}}&I<`EFQ?903$^V1d`2w5wg6T;k;",
    "|oX;V0i!Qw)y2PTjGw{Ll`R3!R7q32C15!4tph)w>_6AUGOKly}=T!(+copXj&OUEi=n@l&ci!;6?8uP?5p3U)YE5iH~d}8NJBTp;AyWGbkRjd55",
    "@t%BujtAol3h#_d^$1+h>I7AlFV7<*v*B046(V)D&mo5Nku?n2a(d<J(lk3_DPR*>n~?dQr5qADsu*|v(q7g8S=l`E>i+4=?od$BD;L2X;5qRdGl",
    "2kx4tmY12&R3N3jQgF2ntc6Q2S6r*E%@%@KNc~JzEg>L^=^yfEx%-H_dibg$dE?N(seWynIUr;V4Hj*o!vW4bxp8%DMBkRja75kC%ZGCtr%J{vWi",
    "+GvV8<|(PW6qk3{nd6N>Ln?UZ8Y(U}dO1_dyYa84`w_8wk~R6a@E1r=;;rcc>I(v#07osb{GNij7ec=PMiHjPWT*nOi~M<(EdqWmN5=9d0wZ;+u+",
    "3i+ps(@PK)#woU>>sK|_GMU6doLRgO|Cn#tQ2WR0t54}x<J8GsYhYtdAA*<y%sJN{%;OkBB^0IFYOSQpTeG6vSWm_yX0>jO^Re+l~I9uaCo=2|P5",
    "7ALK@}LqOJCdhH(-dbq(~))OY|98&T1Og3bg*cZ&WgDV=6oPQt=}V$lnPCGrhL|pG9dZf;_-lF2LDt*H+CfPb;v)b%9H^BMo&v~iWV*}ka&yJedc",
    "Xvzrs6(9HCMvxMAid{28n^=!7LlR%O}dngJmmWba)a{LpW?opke^lblDZ>hf-Gn}b_Ib<-rf+Pn-nt%2>TDelGp;4E?~O~=~ee6!a%HWDs`QR&2<",
    "6a0lWp#*>&X&3QJ2n7m<s$_J-A94=Sh_*{0$TglA;YDh?`_XV+mG^wDJpsZVf?^saO9QU=s_$^riDahuXOO)~-j4774&+#w8-p||TypwZ$)EE}qC",
    "-NKOU}lij8C~)ob4m|V~;_4eQFVB{b&Dz8w}eDTUQ0W1FXkZNeiYSeVCp@AxmPyNyLZEgGxGAM+&l^hLCkAx%mr3Ifh&4ig)|OxsZ3tCv(`N8*%s",
    ">b@D%S^R`rVBOnXDcz|mW4Ta`feE2Gqgq}mOw_fGo5s|h#9M6%^su>;a(w+$NTPas<Ks0WbZ^1GuiyOF0oZg_H@@L^5q#3YseCi(WAvBp=`wDq$C",
    "F6?NsJ1-hehDv3G8<Hb-GVfqvH|)BjepN(CB;h(#s9CsYqAx6*eGjoLs^iETHb`ZPg?#?DCvqKpF%GW9ULS1wOeqCQ{(&|+oZ)*>RoDzA%+jC0?U",
    "=czC#sjYm-7v-dn*n-5{V9ZTl|q{01I;$h;ZUe`(DOmobFxBjA%*l4y)$8Z8;fJd#1B$mQc`RV8}-p4n!+JT57UX8M|NO1ZP|5JJWHpe!Y!%mQRW",
    "WY{FM)8PZHcZD~72^OD#UBQTK_G#pg3G38EZD{BNtsXq21Y#7N^TW)FJY;l6)e}X=YzuEj?+M@4{wu&AOr@*gtgVJu8q~{N(TrA*@^F|>jZgndEZ",
    "UN9p}%y{ur;K>J{rVJ*cLZOdWjaIS03vYB9?KyhN8!(6MFC+{rXZ*p!g20u@^t#ZfX8I1=GkcVV-$dI<yIVnk<cC1_b_qN1|L+57>Y6>ZJFOK;o>",
    "3VYI~x2d=bxcwTO^E6vuww-H!UPLA<8|MBjAY?GM$U39<L04gKmw*z%wFvi_S1bomN6^V^7?LG=9Qn2arDK7zWh0JWP<M{QkPq=%?yewA7wTjnUA",
    "-QsS0dK#Lh6>*9Ug$5Jio(Kcp5b;E3yx1Vh@!R~Q|c}8fKumm<oS><PWDCI7BBxfPvQlluCfIJSsOYGmEAgpPlCPOmW;6##NI|hZdVwh?4+8RF81",
    "tBr5e>Rt*7tsu&ju(Yb3rRPF?menw;&n7n^<Dv5QLvPUf><V#<VxHhy?g5yb%PUOF@ZHa(Q!s#3+3Ju9MldpL#!H>Dm66T}};5cg-6@Ee-z{LNDl",
    "z7HlUXpI<9rB-|FEbFvMLg*^NHDjRK-+;0_9{Kkp7WRLoXbbCDWVX@OU~)}#{*YAE$FM`k{nn$-{0v=T5t$27+9_WqZki|Cc}~}1-s(h&dRpq>SR",
    "6CZc;>8sDmt3b1e|rj_I6yiFcu8}aZItoK)M8$g@Mk=3^(qzNmw--PRDpDlervX`+2`_T#(s**sH(a_e4)`yR~3$u0sC5TPN;#!SK;lg^X+8li0p",
    "csYtgn52`%bA#W4?AjTmN-@Te>owum&RJ|n&Sdgtr<wH`&s8yKtBhDeTQvfS%8@>t@lKKA=_nO+lcYS!=s2K-foKt{Gi|)>}X_s8W*`0L}a}}t-?",
    "DV%ialNp!AKD=I!DMKKJ^`58mom#-@z%+&S3Z{p17FE-I~2e&H<+ar0j21p2`cQW|5_%jats!dr@lFlB;jzLrz2nND9eS>m6(ctDv|Ohb@v&-2AE",
    "Bl{n)S7kPpNqQ~33fHZcXIu+-=u`Gmfe>EDkbDBex;GY`sYzY2r4_6t9Kw+Nav@2#@r1ye6RUiwA3ujXxI(wx7F{O)EP>@QQ0e=&wGz0b?;M@bAm",
    "XVd!c^_YYtsv7zwme<3Vd#24>?Sb2~6KGezz4AD+4GUsb?An8@8D!fi%zu!Y75XItlC}gbd<ww|#hV!1b=OWFT!`f8**hmq?0>DV44E}a7M2}+7p",
    "=B3g<D^cl-iSKm50rUqKs8otM;Yz#NO+wh{oHsdavlMQP-l-l6n>dOYK7#1I(eH#=m?={@?U8=Y`<3lxDlWCQ-v9ywZv@x|+$&f1-|X7h=*0FhgN",
    "S0yha7I2COOJocA?g@!<%CI*@*PYh4tOYQm-)<D6+CpiqOeLH#!b`2?b<_nvq^*E@dWOobJOC_>S2hJM04mdJAN*?7EbGR+`1%o6qcV^4A&ald^G",
    "me?L@sm{N3NJ;MO~hst9h9axA;~G2SzMNelbr79*~?Bwup5q(1(#P{qOS{9hZ0BStubE(0DI`+%&(a1kDm;l=8~^q7eoh|VIPouS$&4%*Na$O<b9",
    "!MHd{`%C}Lyr2PvXhlgn}~iorPstm&XTi>U-U=;3K6^))FZIa38SBOQd)CBXt`S4EqIo{08?RHMp*QZK|X%P1~RPmdQW@frI7;y6hs>JjL*Vx)W^",
    ";^@RD^~ty6vR6g2@wY7%_X{kbl-RG;kPpNqQ~33fHZcXIu<mcca7{-H%^6B#IaweG!*<y}00000sRg5W4+l4g00FfefPhN??H8jnvBYQl0ssI200",
    "dcD",
)
# mkfs.exfat -c 512; through mount.exfat-fuse the same without stream, hole and compression; its table of letters is zeros here
EXFAT = _unpacked(
    "{Wp48S^xk9=GL@E0stWa8~^|S5YJf5@BjY<l3f6GosI-j*DJ5hhhr&^Vu@)V2%L^1;`zJdkwMj*AMnB$VuF<A$wq1lJ9|<2v+1sIG(QXp%a9{u1D",
    "mhkQrs)X=w%jiw!irk);MJid;S%aOT&Axz+-p>fFTP^Bwl(WP>5CU3qT^*WrjCODoO?(qcHuinsLRcY7xlN9C+1`KtzFOmhxlJzO*6AanXrvJmnN",
    "=-se%?Dj%~RUU;cadg<mU7jbB1nTAq>uppIn5gfQsgwpiSt}C@`^b({27dZn+EkiEjm1bmfHj9GRwv{YBvDjd@(j4OBW()m(J|SbY&5Dmh+j>^QD",
    "vC*&PAaIRcjW{yD>RtN>vQK23{x6c^?)WtgT7xO@sFyXKVr;_d3bO1-k|zV1aqF_$|10;ZWPU8TGBci=Z5Hq9?u@kqgmbi2oP>HVYf!ml25(_jmj",
    "!okSOdTGRVS4E{g^P?EUAKWipKzW{4m^-@SdpX8aYG;DzVsZ|7#P;YYS@y$E-zyfb0USRjqDpoQzzif&i_P_TYjLUUq8@^g4tM6VHh_TYK6C!l$M",
    "5E>Q4p2>9Xxb!`;U`Zq+h5h4W0lUYI2bq2YX6StYr&-%?XIX5&bG(?QAzrVlR=%l-u|MbI+{5A=<j7>EIHN%~n2Kx~`1AJsG0cOp*#j*TRTCt{rr",
    "g45WU{+4hIy;GY)m(~haWwIZF~Get-ZDiP9?Bp=F$}>504BNeMNd!@IoZ%*-=^53^2%;0K&=)r{j!d=21dCI9j_WWj(3#-sp0i2V$>wP4!`;T>=}",
    "m!IZ-$7KFeWfi<Uu{og}2sv<XAbgQbN9c5C2@i~@YKuzWEm#X#yvq{>rcNS|v(Q{&Zzhdjz`=QuN|48V2NZ(7Fu06il5!Rivp|{XkIO4MEBGXFa%",
    "vj$Sw7sH%U+Od0W;DgWO0^!N#=Bhmn{~1%Z+*APmpNpFo&qzSfE)O#<9qe5FZE4lyh0&vm7<~b$yk+F#_$R$*1{#LkPH0yKWRm@M!w(jR~O}IqHu",
    "VK7;v*S4Yk|A@=~7}Tl=16X=Aq&yCppT=ktPGa4FDkV}GuEK~EiEee%rdnGL77aK^QGo$|YV5K$NKFx)snj?#TPnuMsBQZ$(@c5a_SaZC0DzaZhx",
    "okl0iFCY3horc0?<)ouLO+k?8(%huuWB*$rN>U9=>5Ukmf~Z%PgL>jmpxK5}XbJ8?ePv|cIOMytaL$@%p+-b8B-wFfX{&V~(aGSCf5$>NOQ27n<-",
    "GL`3xyrX<55#$5IJpCZ?w$RSp&R}kr2tK+OGH3+xBWa9y%-()z^5v3qt74=+Z7VB$l(S`maqZtIPs==S1ja@lvM7-vx`eVM`R$?gx8r<UGM(@WcB",
    "oK?ost09?dvvXbYZ$j%1@?w{VJLd%FhTmX;IPOl~?lyM(Dk0jx6o~I*U>?q5H(Uq8rekzgjCw2E3zy_F2nElwV)sPRwB~$qIkv1^}rLgXA!EjAS4",
    "AGGhs;yuhy3VmD7+hI~>1I+`zUg+XS>)wg1qk`a3qUl`00000HDTgc!4Cd{00FKEfPg>%j3h=8vBYQl0ssI200dcD",
)
